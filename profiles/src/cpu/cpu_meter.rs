//! CPU time of the target while it is profiled: what samples of a CPU clock are held against.

use std::time::Instant;

use aforo_model::Role;

use crate::processes::{Forest, ProcessId, ProcessSource, SystemSource};

/// Reads how much CPU time a target has used since the meter was started.
pub(super) struct CpuMeter {
    id: ProcessId,
    source: SystemSource,
    covered: Covered,
}

/// Which descendants of a process are counted with it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Descendants<'a> {
    /// None.
    None,
    /// All but these and what is below them.
    But(&'a [u32]),
}

/// Whose CPU time is counted.
enum Covered {
    /// The process alone, which had used this much at the start, µs.
    Process(u64),
    /// The process and its descendants.
    Tree(Box<Forest<SystemSource>>),
}

impl CpuMeter {
    /// Starts to count; nothing when there is no such process, or when the system does not tell.
    pub(super) fn start(pid: u32, descendants: Descendants<'_>) -> Option<Self> {
        let mut source = SystemSource::new();
        let first = source.read(pid).filter(|reading| !reading.is_zombie)?;
        let covered = if let Descendants::But(others) = descendants {
            // Trees of others take what is theirs out of this one.
            let others = [Role::Postgres, Role::Redis].into_iter().zip(others.iter().copied());
            let roots: Vec<(Role, u32)> = [(Role::Target, pid)].into_iter().chain(others).collect();
            let (mut forest, _) = Forest::new(SystemSource::new(), &roots);
            forest.read(Instant::now());
            Covered::Tree(Box::new(forest))
        } else {
            Covered::Process(first.cpu_self_us)
        };
        Some(Self { id: first.id, source, covered })
    }

    /// Seconds of CPU since the start; nothing when the process has ended.
    pub(super) fn cpu_time_s(&mut self) -> Option<f64> {
        let now = self.source.read(self.id.pid).filter(|reading| reading.id == self.id)?;
        match &mut self.covered {
            Covered::Process(before_us) => {
                (!now.is_zombie).then(|| now.cpu_self_us.saturating_sub(*before_us) as f64 / 1e6)
            }
            Covered::Tree(forest) => forest.read(Instant::now()).first().map(|sample| sample.cpu_time_s),
        }
    }

    /// Whether the process that was there at the start still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        let id = self.id;
        self.source.read(id.pid).is_some_and(|reading| reading.id == id && !reading.is_zombie)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn ones_own_work_shows_with_descendants_and_without() {
        for descendants in [Descendants::None, Descendants::But(&[])] {
            let mut meter = CpuMeter::start(std::process::id(), descendants).unwrap();
            let mut sum = 0u64;
            while meter.cpu_time_s().unwrap() < 0.02 {
                sum = (0..100_000).fold(sum, |sum, value| sum.wrapping_mul(31).wrapping_add(value));
            }
            assert!(meter.is_alive(), "{sum}");
        }
    }

    #[test]
    fn a_process_that_is_not_there_has_no_meter() {
        assert!(CpuMeter::start(u32::MAX, Descendants::None).is_none());
    }

    #[test]
    fn a_process_that_ended_is_told_from_one_that_idles() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut meter = CpuMeter::start(child.id(), Descendants::None).unwrap();
        assert!(meter.is_alive() && meter.cpu_time_s().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!meter.is_alive() && meter.cpu_time_s().is_none());
    }
}
