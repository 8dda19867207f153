//! `steal-high`
//!
//! **What:** CPU time that the hypervisor gave to other machines while this one had work, over at least 10 s.
//! **Why it hurts:** times get longer for a reason that is not in the target, and not in this machine either.
//! **Threshold:** 5 %: beyond that, times of two runs cannot be compared. It is never critical: nothing here can be mended.
//! **Remedy:** measure on a machine that shares less.

use aforo_model::Finding;

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.05;
/// No share is: see above.
const CRITICAL_RATIO: f64 = f64::INFINITY;

pub(super) const CHECK: Check =
    Check { code: "steal-high", summary: "CPU taken by other virtual machines", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| stolen(evidence, machine)).collect()
}

fn stolen(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let state = machine.sustained(evidence, |host| host.steal_ratio, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        machine.subject(),
        state.severity,
        format!(
            "the hypervisor took {} of the CPU{} over {}, {} at the peak",
            percent(state.mean),
            machine.place(),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "measure on a machine with cores of its own, or at another hour; times of this run are longer than the target alone makes them"
            .to_owned(),
        &[("steal_ratio_mean", state.mean), ("steal_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::Severity;

    fn severity_at(ratio: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            sample.host.as_mut().unwrap().steal_ratio = Some(ratio);
        }
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn what_lasts_is_graded() {
        assert_eq!(severity_at(0.04), None);
        assert_eq!(severity_at(0.06), Some(Severity::Warning));
        assert_eq!(severity_at(0.5), Some(Severity::Warning));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
