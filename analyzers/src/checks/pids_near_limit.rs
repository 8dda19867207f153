//! `pids-near-limit`
//!
//! **What:** processes and threads of a server's control group as a share of what it allows (`pids.max`; `TasksMax=` of systemd,
//! `--pids-limit` of Docker), over at least 10 s.
//! **Why it hurts:** at the limit no process and no thread can be started, and few programs outlive that.
//! **Threshold:** 80 % is a warning, 90 % is critical, as for descriptors.
//! **Remedy:** bound the pools of threads and workers, then raise the limit.

use aforo_model::Finding;

use super::{Check, finding, part};
use crate::Evidence;
use crate::control_groups::{LimitedGroup, limited_groups};
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check =
    Check { code: "pids-near-limit", summary: "processes and threads near their limit", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let groups = limited_groups(evidence, |_, group| Some((group.pids_current?, group.pids_limit?)));
    groups.iter().filter_map(near_limit).collect()
}

fn near_limit(group: &LimitedGroup) -> Option<Finding> {
    let state = group.sustained(WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        part(group.role()),
        state.severity,
        format!(
            "the control group of {} had {} of the {} processes and threads it may have for {} on end, {} at the peak",
            group.who(),
            percent(state.mean),
            group.limit(),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "bound the pools of threads and workers, then raise the limit (`TasksMax=`, `--pids-limit`, `pids.max`); at the limit no thread can be started"
            .to_owned(),
        &[
            ("pids_ratio_mean", state.mean),
            ("pids_ratio_peak", state.peak),
            ("pids_limit", group.limit() as f64),
            ("elapsed_s", state.elapsed_s),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::{CgroupSample, Role, Severity};

    fn found(pids_current: u64, pids_limit: Option<u64>) -> Vec<Finding> {
        let group = CgroupSample { pids_current: Some(pids_current), pids_limit, ..CgroupSample::default() };
        run(&Fixture::healthy().with_group(Role::Target, group).evidence())
    }

    #[test]
    fn what_lasts_is_graded_against_the_group_s_own_limit() {
        let severity_at = |count| found(count, Some(100)).first().map(|finding| finding.severity);
        assert_eq!(severity_at(79), None);
        assert_eq!(severity_at(80), Some(Severity::Warning));
        assert_eq!(severity_at(90), Some(Severity::Critical));
        assert_eq!(found(80, Some(100))[0].subject, part("target"));
        assert_eq!(
            found(80, Some(100))[0].message,
            "the control group of target had 80% of the 100 processes and threads it may have for 60 s on end, 80% at the peak"
        );
    }

    #[test]
    fn without_a_limit_there_is_no_share() {
        assert_eq!(found(1_000_000, None), []);
        assert_eq!(run(&Fixture::healthy().evidence()), [], "no control group");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
