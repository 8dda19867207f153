//! `descriptors-near-limit`
//!
//! **What:** open file descriptors of the target's process that is nearest to its limit, over at least 10 s.
//! **Why it hurts:** at the limit no connection can be accepted and no file opened.
//! **Threshold:** 80 % is a warning, the usual line of operations; 90 % is critical.
//! **Remedy:** close what is not used, then raise the limit.

use aforo_model::{Finding, Role};

use super::{Check, finding, part};
use crate::Evidence;
use crate::sustained::sustained;
use crate::wording::{percent, seconds};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check =
    Check { code: "descriptors-near-limit", summary: "open descriptors near their limit", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings = evidence
        .judged_processes(Role::Target)
        .filter_map(|(at_s, target)| Some((at_s, target.open_fd_ratio?)));
    let Some(state) = sustained(readings, WARNING_RATIO, CRITICAL_RATIO) else { return Vec::new() };
    vec![finding(
        CHECK.code,
        part("target"),
        state.severity,
        format!(
            "the target had {} of the file descriptors it may have open over {}, {} at the peak",
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "see what is open with `ls -l /proc/PID/fd`; close what is not used, then raise the limit (`ulimit -n`, `LimitNOFILE=`)"
            .to_owned(),
        &[("open_fd_ratio_mean", state.mean), ("open_fd_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::Severity;

    fn severity_at(ratio: f64) -> Option<Severity> {
        let mut fixture = Fixture::healthy();
        for sample in &mut fixture.resources {
            sample.processes[0].open_fd_ratio = Some(ratio);
        }
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn a_target_that_is_told_of_by_its_metrics_is_judged_too() {
        let mut elsewhere = Fixture::healthy().elsewhere();
        for remote in elsewhere.resources.iter_mut().filter_map(|sample| sample.remote.as_mut()) {
            remote.process.as_mut().unwrap().open_fd_ratio = Some(0.95);
        }
        assert_eq!(run(&elsewhere.evidence())[0].severity, Severity::Critical);
    }

    #[test]
    fn what_lasts_is_graded() {
        assert_eq!(severity_at(0.79), None);
        assert_eq!(severity_at(0.8), Some(Severity::Warning));
        assert_eq!(severity_at(0.9), Some(Severity::Critical));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }
}
