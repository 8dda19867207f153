//! `disk-busy`
//!
//! **What:** the share of the time in which the busiest disk had work, over at least 10 s.
//! **Why it hurts:** a disk that takes one request at a time makes the next one wait; one that takes many has room left at
//! 100 %, so this is never critical by itself.
//! **Threshold:** 80 %, as for its capacity.
//! **Remedy:** fewer reads by a larger cache or an index, fewer writes, or a faster disk.

use aforo_model::{Finding, HostSample};

use super::{Check, finding};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.80;
/// No share is: see above.
const CRITICAL_RATIO: f64 = f64::INFINITY;

pub(super) const CHECK: Check = Check { code: "disk-busy", summary: "a disk busy all the time", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| busy(evidence, machine)).collect()
}

fn busy(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let share = |host: &HostSample| Some(host.busiest_disk.as_ref()?.busy_ratio);
    let state = machine.sustained(evidence, share, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        machine.subject(),
        state.severity,
        format!(
            "the busiest disk{} had work {} of the time over {}, {} at the peak",
            machine.place(),
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "see which statements read blocks and which process writes; enlarge the cache, add the index or use a faster disk; a disk that serves many requests at once may have room left"
            .to_owned(),
        &[("busy_ratio_mean", state.mean), ("busy_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::{BusiestDisk, Severity};

    fn severity_at(ratio: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            sample.host.as_mut().unwrap().busiest_disk =
                Some(BusiestDisk { name: "sda".to_owned(), busy_ratio: ratio, queue_length: 1.0 });
        }
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn what_lasts_is_graded() {
        assert_eq!(severity_at(0.79), None);
        assert_eq!(severity_at(0.8), Some(Severity::Warning));
        assert_eq!(severity_at(1.0), Some(Severity::Warning));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
