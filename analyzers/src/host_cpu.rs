//! How busy the machine was, and with whose work.

use aforo_model::{ResourceSample, Role};

use crate::Evidence;
use crate::statistics::mean;

/// From here on CPU is a warning: the threshold the hotel's operations alert on.
pub(crate) const WARNING_RATIO: f64 = 0.70;
/// From here on CPU is critical: the threshold the hotel's operations alert on.
pub(crate) const CRITICAL_RATIO: f64 = 0.85;
/// Fewest readings of one second each; a shorter burst is no state.
pub(crate) const MIN_READINGS: usize = 5;

/// CPU of the machine over the judged part, as shares of all its cores, 0–1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HostCpu {
    /// On average.
    pub(crate) mean_ratio: f64,
    /// In the highest reading.
    pub(crate) peak_ratio: f64,
    /// Cores.
    pub(crate) core_count: u32,
    /// By the watched process trees together, on average. Absent where none was read.
    pub(crate) watched_ratio: Option<f64>,
}

impl HostCpu {
    /// `None` of fewer than [`MIN_READINGS`].
    pub(crate) fn of(evidence: &Evidence<'_>) -> Option<Self> {
        let hosts: Vec<_> = evidence
            .judged_samples()
            .filter_map(|sample| {
                let host = sample.host.as_ref()?;
                Some((host.cpu_ratio.filter(|ratio| ratio.is_finite())?, host.core_count, sample))
            })
            .collect();
        if hosts.len() < MIN_READINGS {
            return None;
        }
        Some(Self {
            mean_ratio: mean(hosts.iter().map(|(ratio, ..)| *ratio))?,
            peak_ratio: hosts.iter().map(|(ratio, ..)| *ratio).fold(0.0, f64::max),
            core_count: hosts.last()?.1,
            watched_ratio: mean(hosts.iter().filter_map(|(.., sample)| watched_ratio(evidence, sample))),
        })
    }

    /// Cores that programs used that are not watched, on average.
    pub(crate) fn other_cores(&self) -> Option<f64> {
        Some((self.mean_ratio - self.watched_ratio?).max(0.0) * f64::from(self.core_count))
    }

    /// Whether the watched trees together used less than half of what was used.
    pub(crate) fn is_mostly_others(&self) -> bool {
        self.watched_ratio.is_some_and(|watched| watched < self.mean_ratio / 2.0)
    }
}

/// All trees of one reading together; `None` when no tree tells.
fn watched_ratio(evidence: &Evidence<'_>, sample: &ResourceSample) -> Option<f64> {
    let known = |role: Role| evidence.cpu_ratio(sample, role);
    sample.processes.iter().filter_map(|process| known(process.role)).reduce(|sum, ratio| sum + ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn the_watched_trees_are_summed_as_a_share_of_all_cores() {
        let cpu = HostCpu::of(&Fixture::healthy().evidence()).unwrap();
        // Target 0.5, Postgres 0.3 and generator 0.2 of four cores; the machine 30 %.
        assert!((cpu.watched_ratio.unwrap() - 0.25).abs() < 1e-9, "{cpu:?}");
        assert!((cpu.other_cores().unwrap() - 0.2).abs() < 1e-9, "{cpu:?}");
        assert!(!cpu.is_mostly_others());
    }

    #[test]
    fn without_a_tree_nobody_knows_whose_work_it_was() {
        let mut fixture = Fixture::healthy();
        fixture.resources.iter_mut().for_each(|sample| sample.processes.clear());
        let cpu = HostCpu::of(&fixture.evidence()).unwrap();
        assert_eq!((cpu.watched_ratio, cpu.other_cores(), cpu.is_mostly_others()), (None, None, false));
    }

    #[test]
    fn a_few_readings_are_no_state() {
        let mut fixture = Fixture::healthy();
        fixture.resources.truncate(5);
        assert_eq!(HostCpu::of(&fixture.evidence()), None, "the first reading has no CPU");
        assert_eq!(HostCpu::of(&Fixture::empty().evidence()), None);
    }
}
