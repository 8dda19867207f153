//! `network-busy`
//!
//! **What:** the use of the network link that is nearest to the speed it states, over at least 10 s. Links that state none, as on
//! most virtual machines, are not judged: a share of an unknown speed would be invented. The resources say so (`n/a`).
//! **Why it hurts:** packets queue, then are dropped and sent again.
//! **Threshold:** 80 % is a warning, 95 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** smaller answers (compression, fewer fields, pages), or a faster link.

use aforo_model::{Finding, HostSample};

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.95;

pub(super) const CHECK: Check = Check { code: "network-busy", summary: "a network link near its speed", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| busy(evidence, machine)).collect()
}

fn busy(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let share = |host: &HostSample| Some(host.busiest_link.as_ref()?.busy_ratio);
    let state = machine.sustained(evidence, share, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        machine.subject(),
        state.severity,
        format!(
            "the busiest network link{} was used at {} of its speed over {}, {} at the peak",
            machine.place(),
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "make answers smaller (compression, fewer fields, pages), or use a faster link".to_owned(),
        &[("busy_ratio_mean", state.mean), ("busy_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::{BusiestLink, Severity};

    fn severity_at(ratio: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            sample.host.as_mut().unwrap().busiest_link =
                Some(BusiestLink { name: "eth0".to_owned(), busy_ratio: ratio, speed_bytes_per_s: 1 });
        }
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn what_lasts_is_graded() {
        assert_eq!(severity_at(0.79), None);
        assert_eq!(severity_at(0.8), Some(Severity::Warning));
        assert_eq!(severity_at(0.95), Some(Severity::Critical));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
