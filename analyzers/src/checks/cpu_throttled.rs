//! `cpu-throttled`
//!
//! **What:** periods in which the target's control group had used up its CPU quota and was held, of those in which it wanted
//! CPU.
//! **Why it hurts:** every thread stands still until the next period begins, up to 100 ms, whatever the use of CPU on average.
//! **Threshold:** 5 % of the periods, of at least 100 (ten seconds of work).
//! **Remedy:** a higher quota, or fewer threads that run at once.

use aforo_model::{Finding, Role, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.05;
const MIN_PERIODS: u64 = 100;

pub(super) const CHECK: Check =
    Check { code: "cpu-throttled", summary: "the target held for having used up its CPU quota", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut counts = evidence.judged_processes(Role::Target).filter_map(|(_, target)| {
        let group = target.cgroup?;
        Some((group.cpu_periods?, group.throttled_periods?))
    });
    let Some(first) = counts.next() else { return Vec::new() };
    let last = counts.last().unwrap_or(first);
    let (periods, held) = (last.0.saturating_sub(first.0), last.1.saturating_sub(first.1));
    let ratio = held as f64 / periods as f64;
    if periods < MIN_PERIODS || ratio <= WARNING_RATIO {
        return Vec::new();
    }
    vec![finding(
        CHECK.code,
        part("target"),
        Severity::Warning,
        format!("the target was held in {} of the periods, because its CPU quota was used up", percent(ratio)),
        "raise its CPU limit, or let fewer of its threads run at once; a held target answers nobody until the next period"
            .to_owned(),
        &[("throttled_ratio", ratio), ("throttled_periods", held as f64), ("cpu_periods", periods as f64)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::CgroupSample;

    fn found(held_per_s: u64) -> usize {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            let second = sample.at_s as u64;
            sample.processes[0].cgroup = Some(CgroupSample {
                cpu_periods: Some(1000 * second),
                throttled_periods: Some(held_per_s * second),
                ..CgroupSample::default()
            });
        }
        run(&fixture.evidence()).len()
    }

    #[test]
    fn more_than_one_period_of_twenty_is_found() {
        assert_eq!((found(50), found(51)), (0, 1));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "no quota");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
