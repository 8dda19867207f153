//! `memory-high`
//!
//! **What:** memory in use as a share of what there is, for at least 10 s on end (5 s where critical). Where a server lives in a control
//! group with a limit, that is what its group allows, the smallest limit up the hierarchy, and used is what cannot be had back by
//! dropping cached files. Of a machine it is all its memory, and it is told whether other programs hold it: the watched process
//! trees together less than half. Memory shared between processes counts in each, so theirs is rather less than is said.
//! **Why it hurts:** the page cache shrinks first, so that Postgres reads from disk; then the kernel kills, in a group at its limit and
//! not at the machine's.
//! **Threshold:** 80 % is a warning, 90 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** smaller caches or more memory; where others hold it, fewer programs beside the target.

use aforo_model::{Finding, HostSample, ResourceSample};

use super::{Check, finding, part};
use crate::Evidence;
use crate::control_groups::{LimitedGroup, limited_groups};
use crate::watched_machine::WatchedMachine;
use crate::wording::{memory, percent, seconds};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check =
    Check { code: "memory-high", summary: "memory of the machine or of a control group nearly used up", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let groups = limited_groups(evidence, |sample, group| {
        let limit = group.memory_limit_bytes?;
        // A limit above what the machine has limits nothing.
        let is_real = sample.host.as_ref().is_none_or(|host| limit < host.memory_total_bytes);
        is_real.then_some((group.memory_working_set_bytes?, limit))
    });
    let of_groups = groups.iter().filter_map(of_group);
    let of_machines = WatchedMachine::ALL.into_iter().filter_map(|machine| of_machine(evidence, machine));
    of_groups.chain(of_machines).collect()
}

fn of_group(group: &LimitedGroup) -> Option<Finding> {
    let state = group.sustained(WARNING_RATIO, CRITICAL_RATIO)?;
    let (who, limit) = (group.who(), group.limit());
    Some(finding(
        CHECK.code,
        part(group.role()),
        state.severity,
        format!(
            "{who} used {} of the memory that the control group allows for {} on end, and {} at the peak ({} of {})",
            percent(state.mean),
            seconds(state.elapsed_s),
            percent(state.peak),
            memory((state.peak * limit as f64) as u64),
            memory(limit)
        ),
        format!(
            "give {who} smaller caches or fewer workers, or raise the limit (`memory.max`, `--memory`, `resources.limits.memory`); at the limit the kernel kills, whatever the machine has left"
        ),
        &[
            ("memory_ratio_mean", state.mean),
            ("memory_ratio_peak", state.peak),
            ("memory_limit_bytes", limit as f64),
            ("elapsed_s", state.elapsed_s),
        ],
    ))
}

fn of_machine(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let ratio = |used: u64, total: u64| used as f64 / total as f64;
    let share = |host: &HostSample| Some(ratio(host.memory_used_bytes, host.memory_total_bytes));
    let state = machine.sustained(evidence, share, WARNING_RATIO, CRITICAL_RATIO)?;
    let host = machine.host(evidence);
    let readings = evidence.judged_samples().filter_map(|sample| Some((host(sample)?, sample)));
    let (peak, sample) = readings.max_by_key(|(host, _)| host.memory_used_bytes)?;
    let watched_bytes = watched_bytes(machine, sample);
    let remedy = if watched_bytes < peak.memory_used_bytes / 2 {
        "end the other programs, which hold most of it, or measure on a machine with more memory"
    } else {
        "see in the resources which process holds it; give it smaller caches or the machine more memory"
    };
    Some(finding(
        CHECK.code,
        machine.subject(),
        state.severity,
        format!(
            "{} of the memory of {} was in use for {} on end, and {} at the peak ({} of {}), {} of it by what is watched",
            percent(state.mean),
            machine.name(),
            seconds(state.elapsed_s),
            percent(ratio(peak.memory_used_bytes, peak.memory_total_bytes)),
            memory(peak.memory_used_bytes),
            memory(peak.memory_total_bytes),
            memory(watched_bytes)
        ),
        remedy.to_owned(),
        &[
            ("memory_ratio_mean", state.mean),
            ("memory_ratio_peak", ratio(peak.memory_used_bytes, peak.memory_total_bytes)),
            ("memory_used_bytes", peak.memory_used_bytes as f64),
            ("memory_total_bytes", peak.memory_total_bytes as f64),
            ("watched_rss_bytes", watched_bytes as f64),
            ("swap_used_bytes", peak.swap_used_bytes as f64),
            ("elapsed_s", state.elapsed_s),
        ],
    ))
}

/// Resident memory of the watched processes of a machine.
fn watched_bytes(machine: WatchedMachine, sample: &ResourceSample) -> u64 {
    let remote = sample.remote.as_ref().and_then(|remote| remote.process.as_ref());
    let processes = match machine {
        WatchedMachine::Own => sample.processes.as_slice(),
        WatchedMachine::Targets => remote.map(std::slice::from_ref).unwrap_or_default(),
    };
    processes.iter().fold(0, |sum: u64, process| sum.saturating_add(process.rss_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{CgroupSample, Role, Severity, Subject};

    const MIB: u64 = 1 << 20;

    fn full(memory_used_bytes: u64) -> Fixture {
        Fixture::healthy().with_host(|host| {
            host.memory_total_bytes = 1000;
            host.memory_used_bytes = memory_used_bytes;
        })
    }

    fn found(fixture: &Fixture) -> Vec<(Subject, Severity)> {
        run(&fixture.evidence()).into_iter().map(|finding| (finding.subject, finding.severity)).collect()
    }

    /// A target that needs so much of what its group allows; the file cache fills the rest of the group.
    fn in_group(used: u64, limit: Option<u64>) -> Fixture {
        let group = CgroupSample {
            memory_limit_bytes: limit,
            memory_current_bytes: limit,
            memory_working_set_bytes: Some(used),
            ..CgroupSample::default()
        };
        Fixture::healthy().with_group(Role::Target, group)
    }

    #[test]
    fn a_share_of_the_machine_that_lasts_is_graded() {
        assert_eq!(found(&full(799)), []);
        assert_eq!(found(&full(800)), [(part("host"), Severity::Warning)]);
        assert_eq!(found(&full(900)), [(part("host"), Severity::Critical)]);
        assert_eq!(found(&Fixture::empty()), []);
    }

    #[test]
    fn one_reading_is_no_state() {
        let mut burst = full(100);
        burst.resources[30].host.as_mut().unwrap().memory_used_bytes = 990;
        assert_eq!(found(&burst), []);
        let mut short = full(990);
        short.resources.truncate(5);
        assert_eq!(found(&short), [], "four seconds");
    }

    #[test]
    fn a_target_in_a_group_is_judged_by_what_the_group_allows() {
        // The machine has 8 GiB, of which 2 are in use.
        assert_eq!(found(&in_group(409 * MIB, Some(512 * MIB))), []);
        let group = in_group(410 * MIB, Some(512 * MIB));
        assert_eq!(found(&group), [(part("target"), Severity::Warning)]);
        assert_eq!(
            run(&group.evidence())[0].message,
            "target used 80.1% of the memory that the control group allows for 60 s on end, and 80.1% at the peak (410 MiB of 512 MiB)"
        );
        assert_eq!(found(&in_group(461 * MIB, Some(512 * MIB))), [(part("target"), Severity::Critical)]);
    }

    #[test]
    fn a_group_without_a_limit_or_with_more_than_the_machine_has_leaves_the_machine_to_judge_by() {
        assert_eq!(found(&in_group(7 << 30, None)), []);
        assert_eq!(found(&in_group(8 << 30, Some(8 << 30))), []);
        let both = in_group(7 << 30, None).with_host(|host| host.memory_used_bytes = 7 << 30);
        assert_eq!(found(&both), [(part("host"), Severity::Warning)]);
    }

    #[test]
    fn cached_files_are_not_need_and_what_is_not_told_is_not_judged() {
        // `memory.current` is at its limit in each of these.
        assert_eq!(found(&in_group(100 * MIB, Some(512 * MIB))), []);
        let group = CgroupSample {
            memory_limit_bytes: Some(MIB),
            memory_current_bytes: Some(MIB),
            ..CgroupSample::default()
        };
        assert_eq!(found(&Fixture::healthy().with_group(Role::Target, group)), []);
    }

    #[test]
    fn the_machine_of_a_target_elsewhere_is_judged_as_well() {
        let mut elsewhere = Fixture::healthy().elsewhere();
        for remote in elsewhere.resources.iter_mut().filter_map(|sample| sample.remote.as_mut()) {
            remote.host.as_mut().unwrap().memory_used_bytes = 15 << 29;
        }
        assert_eq!(found(&elsewhere), [(part("target-host"), Severity::Critical)]);
        assert_eq!(
            run(&elsewhere.evidence())[0].message,
            "93.8% of the memory of the target's machine was in use for 60 s on end, and 93.8% at the peak (7.5 GiB of 8.0 GiB), 100 MiB of it by what is watched"
        );
    }

    #[test]
    fn it_is_told_who_holds_most_of_it() {
        // The watched trees hold 350 MiB.
        let remedy_of = |total_mib: u64| {
            let full = Fixture::healthy().with_host(|host| {
                host.memory_total_bytes = total_mib << 20;
                host.memory_used_bytes = total_mib << 20;
            });
            let finding = run(&full.evidence()).remove(0);
            assert!(finding.message.ends_with("350 MiB of it by what is watched"), "{}", finding.message);
            finding.remedy
        };
        assert!(remedy_of(400).contains("which process holds it"));
        assert!(remedy_of(1000).contains("end the other programs"));
    }
}
