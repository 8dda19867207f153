//! `pressure-high`
//!
//! **What:** the share of the time in which a task stood still for want of a core, memory or storage (pressure stall
//! information of the kernel, `some`, over ten seconds), for at least 10 s.
//! **Why it hurts:** use says how much is taken; this says how much of it was missing.
//! **Threshold:** 20 %, a proposal of ours: below that, waits are short against the work.
//! **Remedy:** give the machine more of what is missing, or run less beside the target.

use aforo_model::{Finding, HostSample, Pressure, PressureSample};

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.20;
/// No share is: how much it hurts, response times tell.
const CRITICAL_RATIO: f64 = f64::INFINITY;

pub(super) const CHECK: Check =
    Check { code: "pressure-high", summary: "work stood still for want of a core, memory or storage", run };

/// Takes one kind of pressure out of a reading.
type PressureOf = fn(&PressureSample) -> Option<Pressure>;

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let kinds: [(&str, PressureOf); 3] = [
        ("a core", |pressure| pressure.cpu),
        ("memory", |pressure| pressure.memory),
        ("storage", |pressure| pressure.io),
    ];
    let pressed =
        |machine| kinds.into_iter().filter_map(move |(want, of)| pressed(evidence, machine, want, of));
    WatchedMachine::ALL.into_iter().flat_map(pressed).collect()
}

fn pressed(evidence: &Evidence<'_>, machine: WatchedMachine, want: &str, of: PressureOf) -> Option<Finding> {
    let share = |host: &HostSample| Some(of(host.pressure.as_ref()?)?.some_ratio);
    let state = machine.sustained(evidence, share, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        machine.subject(),
        state.severity,
        format!(
            "work{} waited for {want} {} of the time over {}, {} at the peak",
            machine.place(),
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        format!("give {} more of what was missing ({want}), or run less beside the target", machine.name()),
        &[("some_ratio_mean", state.mean), ("some_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    fn found(io: f64) -> usize {
        let fixture = Fixture::healthy().with_host(|host| {
            let io = Some(Pressure { some_ratio: io, full_ratio: None });
            host.pressure = Some(PressureSample { io, ..PressureSample::default() });
        });
        run(&fixture.evidence()).len()
    }

    #[test]
    fn pressure_that_lasts_is_found_by_its_kind() {
        assert_eq!((found(0.19), found(0.21)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
