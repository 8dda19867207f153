//! One file a check, one line a check in the table.

mod aborted_requests;
mod connections_near_limit;
mod cpu_high;
mod cpu_throttled;
mod cut_short;
mod debug_build;
mod descriptors_near_limit;
mod disk_busy;
mod disk_full;
mod ended_early;
mod errors_by_kind;
mod generator_late;
mod generator_saturated;
mod generator_starved;
mod listen_overflows;
mod littles_law;
mod machine_busy;
mod memory_high;
mod network_busy;
mod no_requests;
mod oom_kills;
mod pids_near_limit;
mod pool_saturated;
mod pressure_high;
mod redis_evictions;
mod starts_dropped;
mod steal_high;
mod target_died;
mod target_starved;
mod tcp_retransmits;

use aforo_model::{Finding, Severity, Subject};

use crate::Evidence;

/// One check: what it looks for, and the function that looks.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Permanent kebab-case code, also that of its findings and of its file.
    pub code: &'static str,
    /// What it looks for, in one line.
    pub summary: &'static str,
    /// Looks, and returns what it found.
    pub run: fn(&Evidence<'_>) -> Vec<Finding>,
}

/// Every check, by code.
pub const CHECKS: &[Check] = &[
    aborted_requests::CHECK,
    connections_near_limit::CHECK,
    cpu_high::CHECK,
    cpu_throttled::CHECK,
    cut_short::CHECK,
    debug_build::CHECK,
    descriptors_near_limit::CHECK,
    disk_busy::CHECK,
    disk_full::CHECK,
    ended_early::CHECK,
    errors_by_kind::CHECK,
    generator_late::CHECK,
    generator_saturated::CHECK,
    generator_starved::CHECK,
    listen_overflows::CHECK,
    littles_law::CHECK,
    machine_busy::CHECK,
    memory_high::CHECK,
    network_busy::CHECK,
    no_requests::CHECK,
    oom_kills::CHECK,
    pids_near_limit::CHECK,
    pool_saturated::CHECK,
    pressure_high::CHECK,
    redis_evictions::CHECK,
    starts_dropped::CHECK,
    steal_high::CHECK,
    target_died::CHECK,
    target_starved::CHECK,
    tcp_retransmits::CHECK,
];

/// A finding whose numbers are all finite: those that are not cannot be saved, and say nothing.
pub(crate) fn finding(
    code: &str,
    subject: Subject,
    severity: Severity,
    message: String,
    remedy: String,
    numbers: &[(&str, f64)],
) -> Finding {
    let finite = numbers.iter().filter(|(_, number)| number.is_finite());
    Finding {
        code: code.to_owned(),
        subject,
        severity,
        message,
        remedy,
        numbers: finite.map(|(name, number)| ((*name).to_owned(), *number)).collect(),
    }
}

/// A part of the system as a subject.
fn part(name: &str) -> Subject {
    Subject::Part(name.to_owned())
}

/// Warning from the first threshold on, critical from the second.
pub(crate) fn graded(value: f64, warning_from: f64, critical_from: f64) -> Option<Severity> {
    if value >= critical_from {
        Some(Severity::Critical)
    } else if value >= warning_from {
        Some(Severity::Warning)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::{BusiestDisk, BusiestLink, FullestFileSystem, HostSample, Pressure, PressureSample};
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_this_folder_is_a_line_of_the_table() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
            .filter(|stem| stem != "mod")
            .collect();
        let codes: BTreeSet<String> = CHECKS.iter().map(|check| check.code.to_owned()).collect();
        assert_eq!(codes, files);
        assert_eq!(codes.len(), CHECKS.len(), "a code is used twice");
    }

    #[test]
    fn codes_are_kebab_case_and_in_order() {
        let word = |code: &str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(CHECKS.iter().all(|check| word(check.code) && !check.summary.is_empty()));
        assert!(CHECKS.is_sorted_by_key(|check| check.code));
    }

    #[test]
    fn a_healthy_run_gives_no_finding() {
        let fixture = Fixture::healthy();
        for check in CHECKS {
            assert_eq!((check.run)(&fixture.evidence()), [], "{}", check.code);
        }
    }

    #[test]
    fn what_is_told_of_a_target_s_machine_is_judged_like_our_own() {
        let mut fixture = Fixture::healthy().elsewhere();
        for sample in &mut fixture.resources {
            let (at_s, Some(remote)) = (sample.at_s, sample.remote.as_mut()) else { continue };
            spoil(remote.host.as_mut().unwrap(), at_s as u64);
        }
        let found: BTreeSet<String> = CHECKS
            .iter()
            .flat_map(|check| (check.run)(&fixture.evidence()))
            .filter(|finding| finding.subject == part("target-host"))
            .map(|finding| finding.code)
            .collect();
        let expected = [
            "cpu-high",
            "disk-busy",
            "disk-full",
            "listen-overflows",
            "memory-high",
            "network-busy",
            "pressure-high",
            "steal-high",
            "tcp-retransmits",
        ];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }

    /// A machine that has too little of everything.
    fn spoil(host: &mut HostSample, second: u64) {
        let pressed = Some(Pressure { some_ratio: 0.9, full_ratio: None });
        *host = HostSample {
            cpu_ratio: Some(0.99),
            memory_used_bytes: 99,
            memory_total_bytes: 100,
            pressure: Some(PressureSample { cpu: pressed, memory: pressed, io: pressed }),
            steal_ratio: Some(0.5),
            tcp_sent_segments: Some(1_000 * second),
            tcp_retransmits: Some(100 * second),
            listen_overflows: Some(second),
            busiest_disk: Some(BusiestDisk { name: "sda".to_owned(), busy_ratio: 1.0, queue_length: 9.0 }),
            busiest_link: Some(BusiestLink {
                name: "eth0".to_owned(),
                busy_ratio: 1.0,
                speed_bytes_per_s: 1,
            }),
            fullest_file_system: Some(FullestFileSystem {
                mount_point: "/".to_owned(),
                total_bytes: 100,
                available_bytes: 1,
            }),
            ..host.clone()
        };
    }

    #[test]
    fn thresholds_belong_to_what_lies_above_them() {
        assert_eq!(graded(0.69, 0.7, 0.85), None);
        assert_eq!(graded(0.7, 0.7, 0.85), Some(Severity::Warning));
        assert_eq!(graded(0.85, 0.7, 0.85), Some(Severity::Critical));
        assert_eq!(graded(f64::NAN, 0.7, 0.85), None);
    }
}
