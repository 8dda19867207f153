//! `cpu-high`
//!
//! **What:** CPU of the machine, and of the target as a share of the cores it may use (those of its machine, or the smallest quota of
//! its control group and those above it), for at least 10 s on end (5 s where critical). A machine that other programs kept busy is another
//! finding, `machine-busy`.
//! **Why it hurts:** near full use, queueing makes response times grow much faster than load.
//! **Threshold:** 70 % is a warning, 85 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** profile the target and shorten what is hot, or give it more cores.

use aforo_model::{Finding, Subject};

use super::{Check, finding, part};
use crate::Evidence;
use crate::host_cpu::{CRITICAL_RATIO, HostCpu, WARNING_RATIO};
use crate::sustained::{Sustained, sustained};
use crate::watched_machine::WatchedMachine;
use crate::wording::{percent, seconds};

pub(super) const CHECK: Check =
    Check { code: "cpu-high", summary: "CPU of the machine or of the target high", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let is_judged = |machine: &WatchedMachine| match machine {
        WatchedMachine::Own => HostCpu::of(evidence).is_some_and(|cpu| !cpu.is_mostly_others()),
        // What else runs there is not known.
        WatchedMachine::Targets => true,
    };
    let machines = WatchedMachine::ALL.into_iter().filter(is_judged);
    machines.filter_map(|machine| of_machine(evidence, machine)).chain(target(evidence)).collect()
}

fn of_machine(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let state = machine.sustained(evidence, |host| host.cpu_ratio, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(high(machine.subject(), machine.name(), "its cores", state, &[]))
}

fn target(evidence: &Evidence<'_>) -> Option<Finding> {
    let target_cpu = evidence.target_cpu();
    let uses = evidence.judged_samples().filter_map(|sample| Some((sample.at_s, target_cpu(sample)?)));
    let state =
        sustained(uses.clone().map(|(at_s, cpu)| (at_s, cpu.ratio())), WARNING_RATIO, CRITICAL_RATIO)?;
    let (_, last) = uses.last()?;
    let cores = shown(last.allowed_cores);
    let allowed = if last.is_quota {
        format!("the {cores} cores that its control group allows")
    } else {
        format!("the {cores} cores of its machine")
    };
    Some(high(part("target"), "the target", &allowed, state, &[("allowed_cores", last.allowed_cores)]))
}

/// Cores, without a fraction where there is none.
fn shown(cores: f64) -> String {
    format!("{cores:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn high(subject: Subject, who: &str, allowed: &str, state: Sustained, more: &[(&str, f64)]) -> Finding {
    let numbers =
        [("cpu_ratio_mean", state.mean), ("cpu_ratio_peak", state.peak), ("elapsed_s", state.elapsed_s)];
    finding(
        CHECK.code,
        subject,
        state.severity,
        format!(
            "{who} used {} of {allowed} for {} on end, and {} at the peak",
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak)
        ),
        "profile the target and shorten its hot paths, or give it more cores; near full use, times grow faster than load"
            .to_owned(),
        &[&numbers, more].concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{CgroupSample, HostSample, Role, Severity};

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

    /// A target that uses so many cores, of four, under this quota.
    fn under_quota(cpu_cores: f64, cpu_limit_cores: Option<f64>) -> Fixture {
        let group = CgroupSample { cpu_limit_cores, ..CgroupSample::default() };
        Fixture::healthy().with_cpu(Role::Target, cpu_cores).with_group(Role::Target, group)
    }

    #[test]
    fn a_target_in_a_group_is_judged_by_its_quota() {
        let held = under_quota(1.2, Some(1.5));
        assert_eq!(found(&held), [(part("target"), Severity::Warning)]);
        let finding = run(&held.evidence()).remove(0);
        let expected = "the target used 80% of the 1.5 cores that its control group allows for 59 s on end, and 80% at the peak";
        assert_eq!(finding.message, expected);
        assert_eq!(finding.numbers["allowed_cores"], 1.5);
        assert_eq!(found(&under_quota(1.04, Some(1.5))), []);
        assert_eq!(found(&under_quota(1.2, None)), [], "no limit");
        let generous = run(&under_quota(3.0, Some(64.0)).evidence()).remove(0);
        assert!(generous.message.contains("the 4 cores of its machine"), "{}", generous.message);
    }

    #[test]
    fn a_target_elsewhere_is_judged_by_the_cores_of_its_own_machine() {
        let mut elsewhere = Fixture::healthy().with_cpu(Role::Target, 6.0).elsewhere();
        // The machine is told of by another page, which comes a second after that of the process.
        for index in (0..elsewhere.resources.len() - 1).rev() {
            let host = elsewhere.resources[index].remote.as_mut().and_then(|remote| remote.host.take());
            if let Some(host) = host {
                let host = HostSample { core_count: 8, cpu_ratio: Some(0.9), ..host };
                elsewhere.resources[index + 1].remote =
                    Some(aforo_model::RemoteSample { process: None, host: Some(host) });
            }
        }
        let expected = [(part("target-host"), Severity::Critical), (part("target"), Severity::Warning)];
        assert_eq!(found(&elsewhere), expected);
        let messages: Vec<_> =
            run(&elsewhere.evidence()).into_iter().map(|finding| finding.message).collect();
        assert!(messages[0].starts_with("the target's machine used 90% of its cores"), "{messages:?}");
        assert!(messages[1].starts_with("the target used 75% of the 8 cores of its machine"), "{messages:?}");
        elsewhere
            .resources
            .iter_mut()
            .filter_map(|sample| sample.remote.as_mut())
            .for_each(|remote| remote.host = None);
        assert_eq!(found(&elsewhere), [], "of how many cores is not known");
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
