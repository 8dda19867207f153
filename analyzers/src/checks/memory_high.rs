//! `memory-high`
//!
//! **What:** memory in use on the machine at its peak, as a share of all, and whether it is other programs that hold it:
//! the watched process trees together less than half of it. Memory shared between processes counts in each, so theirs
//! is rather less than is said.
//! **Why it hurts:** the page cache shrinks first, so that Postgres reads from disk; then the kernel kills.
//! **Threshold:** 80 % is a warning, 90 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** smaller caches or more memory; where others hold it, fewer programs beside the target.

use aforo_model::Finding;

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::wording::{memory, percent};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check =
    Check { code: "memory-high", summary: "memory of the machine nearly used up", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings = evidence.judged_samples().filter_map(|sample| Some((sample.host.as_ref()?, sample)));
    let Some((peak, sample)) = readings.max_by_key(|(host, _)| host.memory_used_bytes) else {
        return Vec::new();
    };
    let ratio = peak.memory_used_bytes as f64 / peak.memory_total_bytes as f64;
    let Some(severity) = graded(ratio, WARNING_RATIO, CRITICAL_RATIO) else { return Vec::new() };
    let watched_bytes =
        sample.processes.iter().fold(0, |sum: u64, process| sum.saturating_add(process.rss_bytes));
    let remedy = if watched_bytes < peak.memory_used_bytes / 2 {
        "end the other programs, which hold most of it, or measure on a machine with more memory"
    } else {
        "see in the resources which process holds it; give it smaller caches or the machine more memory"
    };
    vec![finding(
        CHECK.code,
        part("host"),
        severity,
        format!(
            "{} of the machine's memory was in use at the peak ({} of {}), {} of it by what is watched",
            percent(ratio),
            memory(peak.memory_used_bytes),
            memory(peak.memory_total_bytes),
            memory(watched_bytes)
        ),
        remedy.to_owned(),
        &[
            ("memory_ratio_peak", ratio),
            ("memory_used_bytes", peak.memory_used_bytes as f64),
            ("memory_total_bytes", peak.memory_total_bytes as f64),
            ("watched_rss_bytes", watched_bytes as f64),
            ("swap_used_bytes", peak.swap_used_bytes as f64),
        ],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use aforo_model::Severity;

    fn severity_at(memory_used_bytes: u64) -> Option<Severity> {
        let fixture = Fixture::healthy().with_host(|host| {
            host.memory_total_bytes = 1000;
            host.memory_used_bytes = memory_used_bytes;
        });
        run(&fixture.evidence()).first().map(|finding| finding.severity)
    }

    #[test]
    fn the_peak_is_graded() {
        assert_eq!(severity_at(799), None);
        assert_eq!(severity_at(800), Some(Severity::Warning));
        assert_eq!(severity_at(900), Some(Severity::Critical));
        assert_eq!(run(&Fixture::empty().evidence()), []);
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
