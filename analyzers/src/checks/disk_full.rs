//! `disk-full`
//!
//! **What:** the file system with the least room left, at the last reading, as a share of its size.
//! **Why it hurts:** when it is full, Postgres stops writing, and then stops.
//! **Threshold:** 80 % is a warning, 90 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** delete or rotate what is written, or make it larger.

use aforo_model::Finding;

use super::{Check, finding, graded};
use crate::Evidence;
use crate::watched_machine::WatchedMachine;
use crate::wording::{memory, percent};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check = Check { code: "disk-full", summary: "a file system nearly full", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    WatchedMachine::ALL.into_iter().filter_map(|machine| full(evidence, machine)).collect()
}

fn full(evidence: &Evidence<'_>, machine: WatchedMachine) -> Option<Finding> {
    let mut latest = evidence.resources.iter().rev();
    let host = machine.host(evidence);
    let fullest = latest.find_map(|sample| host(sample)?.fullest_file_system.as_ref())?;
    let ratio = 1.0 - fullest.available_bytes as f64 / fullest.total_bytes as f64;
    let severity = graded(ratio, WARNING_RATIO, CRITICAL_RATIO)?;
    Some(finding(
        CHECK.code,
        machine.subject(),
        severity,
        format!(
            "the file system at {}{} was {} full, with {} left",
            fullest.mount_point,
            machine.place(),
            percent(ratio),
            memory(fullest.available_bytes)
        ),
        "delete or rotate what is written there, or make the file system larger; Postgres stops when it cannot write"
            .to_owned(),
        &[("disk_ratio", ratio), ("available_bytes", fullest.available_bytes as f64)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    use aforo_model::{FullestFileSystem, Severity};

    fn severity_at(used: u64) -> Option<Severity> {
        let fixture = Fixture::healthy().with_host(|host| {
            let available_bytes = 1000 - used;
            host.fullest_file_system =
                Some(FullestFileSystem { mount_point: "/".to_owned(), total_bytes: 1000, available_bytes });
        });
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn the_fullest_file_system_is_graded() {
        assert_eq!(severity_at(790), None);
        assert_eq!(severity_at(810), Some(Severity::Warning));
        assert_eq!(severity_at(910), Some(Severity::Critical));
        assert_eq!(run(&Fixture::healthy().evidence()), [], "not read");
        assert_eq!(run(&Fixture::empty().evidence()), []);
    }

    #[test]
    fn a_disk_of_this_machine_is_found_once_though_a_reading_missed_the_target() {
        let fullest =
            FullestFileSystem { mount_point: "/".to_owned(), total_bytes: 1000, available_bytes: 50 };
        let mut fixture =
            Fixture::healthy().with_host(|host| host.fullest_file_system = Some(fullest.clone()));
        let told = fixture.clone().elsewhere().resources;
        for (sample, told) in fixture.resources.iter_mut().zip(told) {
            sample.remote = told.remote;
        }
        fixture.resources.last_mut().unwrap().processes.clear();
        let subjects: Vec<_> = run(&fixture.evidence()).into_iter().map(|finding| finding.subject).collect();
        assert_eq!(subjects, [WatchedMachine::Own.subject()]);
    }
}
