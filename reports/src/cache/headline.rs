//! The first sentence of a cache report.

use aforo_model::cache::CacheReport;
use aforo_model::{Answer, Severity};

use crate::counted::counted;
use crate::figures;
use crate::style::Tone;

/// How well the cache serves, what it holds, and how much stands out.
pub(crate) fn headline(report: &CacheReport) -> String {
    let count = |severity: Severity| {
        figures::count(report.findings.iter().filter(|finding| finding.severity == severity).count() as u64)
    };
    let found = match worst(report) {
        Some(Severity::Critical | Severity::Warning) => {
            format!("{} critical, {} to look at", count(Severity::Critical), count(Severity::Warning))
        }
        _ => "nothing stands out".to_owned(),
    };
    format!(
        "Cache {}{}: {}; {}; {}; {found}",
        report.server.address,
        place(report),
        hits(report),
        memory(report),
        keys(report)
    )
}

/// How the headline is toned: what is not known is doubtful.
pub(super) fn tone(report: &CacheReport) -> Tone {
    match (worst(report), &report.hit_ratio) {
        (Some(Severity::Critical), _) => Tone::Bad,
        (Some(Severity::Warning), _) | (_, Answer::Absent { .. }) => Tone::Doubtful,
        _ => Tone::Good,
    }
}

fn worst(report: &CacheReport) -> Option<Severity> {
    report.findings.iter().map(|finding| finding.severity).max()
}

/// What the figures are of, where they are not of the whole cache.
fn place(report: &CacheReport) -> &'static str {
    match (report.server.is_cluster_node, report.server.is_replica) {
        (true, true) => " (a replica of one node of a cluster)",
        (true, false) => " (one node of a cluster)",
        (false, true) => " (a replica)",
        (false, false) => "",
    }
}

fn hits(report: &CacheReport) -> String {
    match report.hit_ratio {
        Answer::Found(ratio) => format!("{} of the look-ups found their key", figures::percent(ratio)),
        Answer::Absent { .. } => "hit ratio not known".to_owned(),
    }
}

fn memory(report: &CacheReport) -> String {
    let Some(memory) = &report.memory else { return "memory not known".to_owned() };
    let used = figures::bytes(memory.used_bytes);
    match memory.limit_bytes {
        Some(limit) if limit > 0 => format!("{used} of {} in use", figures::bytes(limit)),
        _ => format!("{used} in use"),
    }
}

fn keys(report: &CacheReport) -> String {
    match &report.sample {
        Answer::Found(sample) => counted(sample.total_keys, "key"),
        Answer::Absent { .. } => "keys not sampled".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::canonical;

    #[test]
    fn what_is_not_known_is_said_and_never_good() {
        let report = canonical::unread();
        assert_eq!(
            headline(&report),
            "Cache 127.0.0.1:6379: hit ratio not known; memory not known; keys not sampled; nothing stands out"
        );
        assert_eq!(tone(&report), Tone::Doubtful);
    }

    #[test]
    fn figures_of_a_part_of_the_cache_are_said_to_be() {
        let mut report = canonical::report();
        let mut said = |is_cluster_node, is_replica| {
            (report.server.is_cluster_node, report.server.is_replica) = (is_cluster_node, is_replica);
            headline(&report).split(": ").next().map(str::to_owned).unwrap()
        };
        assert!(said(true, false).ends_with(" (one node of a cluster)"));
        assert!(said(false, true).ends_with(" (a replica)"));
        assert!(said(true, true).ends_with(" (a replica of one node of a cluster)"));
        assert!(!said(false, false).contains('('));
    }

    #[test]
    fn the_worst_finding_gives_the_tone() {
        let mut report = canonical::report();
        assert_eq!(tone(&report), Tone::Bad);
        report.findings.retain(|finding| finding.severity < Severity::Critical);
        assert_eq!(tone(&report), Tone::Doubtful);
        report.findings.clear();
        assert_eq!(tone(&report), Tone::Good);
    }
}
