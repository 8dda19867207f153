//! `cpu-high`
//!
//! **What:** CPU of the machine, and of the target as a share of the cores it may use (those of the machine or the quota of its
//! control group), for at least 10 s on end (5 s where critical). A machine that other programs kept busy is another
//! finding, `machine-busy`.
//! **Why it hurts:** near full use, queueing makes response times grow much faster than load.
//! **Threshold:** 70 % is a warning, 85 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** profile the target and shorten what is hot, or give it more cores.

use aforo_model::{Finding, Role};

use super::{Check, finding, part};
use crate::Evidence;
use crate::host_cpu::{CRITICAL_RATIO, HostCpu, WARNING_RATIO};
use crate::sustained::{Sustained, sustained};
use crate::wording::{percent, seconds};

pub(super) const CHECK: Check =
    Check { code: "cpu-high", summary: "CPU of the machine or of the target high", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let host = HostCpu::of(evidence).filter(|cpu| !cpu.is_mostly_others()).and_then(|_| {
        let readings = evidence.judged_samples();
        let ratios = readings.filter_map(|sample| Some((sample.at_s, sample.host.as_ref()?.cpu_ratio?)));
        Some(high("host", "the machine", sustained(ratios, WARNING_RATIO, CRITICAL_RATIO)?))
    });
    host.into_iter().chain(target(evidence)).collect()
}

fn target(evidence: &Evidence<'_>) -> Option<Finding> {
    let readings = evidence.judged_samples();
    let ratios = readings.filter_map(|sample| Some((sample.at_s, evidence.cpu_use(sample, Role::Target)?)));
    Some(high("target", "the target", sustained(ratios, WARNING_RATIO, CRITICAL_RATIO)?))
}

fn high(name: &str, who: &str, state: Sustained) -> Finding {
    finding(
        CHECK.code,
        part(name),
        state.severity,
        format!(
            "{who} used {} of the cores it may use for {} on end, and {} at the peak",
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "profile the target and shorten its hot paths, or give it more cores; near full use, times grow faster than load"
            .to_owned(),
        &[("cpu_ratio_mean", state.mean), ("cpu_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{HostSample, Severity, Subject};

    fn found(fixture: &Fixture) -> Vec<(Subject, Severity)> {
        run(&fixture.evidence()).into_iter().map(|finding| (finding.subject, finding.severity)).collect()
    }

    #[test]
    fn a_busy_machine_and_a_busy_target_are_told_apart() {
        let busy =
            |cpu_ratio: f64| move |host: &mut HostSample| host.cpu_ratio = host.cpu_ratio.map(|_| cpu_ratio);
        let host = Fixture::healthy().with_cpu(Role::Postgres, 1.5).with_host(busy(0.9));
        assert_eq!(found(&host), [(part("host"), Severity::Critical)]);
        // 3.0 of four cores.
        let target = Fixture::healthy().with_cpu(Role::Target, 3.0);
        assert_eq!(found(&target), [(part("target"), Severity::Warning)]);
    }

    #[test]
    fn a_machine_that_other_programs_keep_busy_is_not_the_target_s_fault() {
        let others = Fixture::healthy().with_host(|host| host.cpu_ratio = host.cpu_ratio.map(|_| 0.9));
        assert_eq!(found(&others), []);
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
