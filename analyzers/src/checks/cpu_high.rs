//! `cpu-high`
//!
//! **What:** CPU of the machine, and of the target as a share of all cores, on average over the judged part.
//! **Why it hurts:** near full use, queueing makes response times grow much faster than load.
//! **Threshold:** 70 % is a warning, 85 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** profile the target and shorten what is hot, or give it more cores.

use aforo_model::{Finding, Role};

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::statistics::mean;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.70;
const CRITICAL_RATIO: f64 = 0.85;
/// Fewest readings of one second each; a shorter burst is no state.
const MIN_READINGS: usize = 5;

pub(super) const CHECK: Check =
    Check { code: "cpu-high", summary: "CPU of the machine or of the target high", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let host = evidence.judged_samples().filter_map(|sample| sample.host.as_ref()?.cpu_ratio);
    let target = evidence.judged_samples().filter_map(|sample| evidence.cpu_ratio(sample, Role::Target));
    let host = judged("host", "the machine", host.collect());
    let target = judged("target", "the target", target.collect());
    host.into_iter().chain(target).collect()
}

fn judged(name: &str, who: &str, ratios: Vec<f64>) -> Option<Finding> {
    if ratios.len() < MIN_READINGS {
        return None;
    }
    let mean_ratio = mean(ratios.iter().copied())?;
    let peak_ratio = ratios.iter().copied().fold(0.0, f64::max);
    let severity = graded(mean_ratio, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        part(name),
        severity,
        format!(
            "{who} used {} of all cores on average and {} at the peak",
            percent(mean_ratio),
            percent(peak_ratio)
        ),
        "profile the target and shorten its hot paths, or give it more cores; near full use, times grow faster than load"
            .to_owned(),
        &[("cpu_ratio_mean", mean_ratio), ("cpu_ratio_peak", peak_ratio)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{Severity, Subject};

    fn found(fixture: &Fixture) -> Vec<(Subject, Severity)> {
        run(&fixture.evidence()).into_iter().map(|finding| (finding.subject, finding.severity)).collect()
    }

    #[test]
    fn a_busy_machine_and_a_busy_target_are_told_apart() {
        let host = Fixture::healthy().with_host(|host| host.cpu_ratio = host.cpu_ratio.map(|_| 0.9));
        assert_eq!(found(&host), [(part("host"), Severity::Critical)]);
        // 3.0 of four cores.
        let target = Fixture::healthy().with_cpu(Role::Target, 3.0);
        assert_eq!(found(&target), [(part("target"), Severity::Warning)]);
    }

    #[test]
    fn just_below_the_threshold_and_a_short_burst_are_not_found() {
        assert_eq!(found(&Fixture::healthy().with_cpu(Role::Target, 2.79)), []);
        let mut burst = Fixture::healthy().with_cpu(Role::Target, 4.0);
        burst.resources.truncate(4);
        assert_eq!(found(&burst), []);
        assert_eq!(found(&Fixture::empty()), []);
    }
}
