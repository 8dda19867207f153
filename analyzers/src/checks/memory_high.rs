//! `memory-high`
//!
//! **What:** memory in use on the machine at its peak, as a share of all.
//! **Why it hurts:** the page cache shrinks first, so that Postgres reads from disk; then the kernel kills.
//! **Threshold:** 80 % is a warning, 90 % is critical: the thresholds the hotel's operations alert on.
//! **Remedy:** find who holds it; more memory or smaller caches.

use aforo_model::Finding;

use super::{Check, finding, graded, part};
use crate::Evidence;
use crate::wording::{memory, percent};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 0.90;

pub(super) const CHECK: Check =
    Check { code: "memory-high", summary: "memory of the machine nearly used up", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let readings = evidence.judged_samples().filter_map(|sample| sample.host.as_ref());
    let Some(peak) = readings.max_by_key(|host| host.memory_used_bytes) else { return Vec::new() };
    let ratio = peak.memory_used_bytes as f64 / peak.memory_total_bytes as f64;
    let Some(severity) = graded(ratio, WARNING_RATIO, CRITICAL_RATIO) else { return Vec::new() };
    vec![finding(
        CHECK.code,
        part("host"),
        severity,
        format!(
            "{} of the machine's memory was in use at the peak ({} of {})",
            percent(ratio),
            memory(peak.memory_used_bytes),
            memory(peak.memory_total_bytes)
        ),
        "see in the resources who holds it; give the machine more memory or its services smaller caches"
            .to_owned(),
        &[
            ("memory_ratio_peak", ratio),
            ("memory_used_bytes", peak.memory_used_bytes as f64),
            ("memory_total_bytes", peak.memory_total_bytes as f64),
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
}
