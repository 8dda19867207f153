//! Everything that is said of one cache, from what was read of it.

use aforo_model::Answer;
use aforo_model::cache::{CACHE_FORMAT_VERSION, CacheEvidence, CacheReport, KeySample, SampleSummary};
use chrono::{DateTime, TimeDelta, Utc};

use super::check::{CacheFacts, findings};
use super::checks::CHECKS;
use super::large_values::large_values;
use super::patterns::key_patterns;
use super::{candidates, parts, slow_log, ttl_advice};

/// Patterns that are listed.
const MOST_PATTERNS: usize = 50;
/// Large values that are listed.
const MOST_LARGE_VALUES: usize = 50;

/// Judges what was read of a cache. `elapsed_s` is how long reading took, the watched window included.
pub fn judge_cache(evidence: CacheEvidence, aforo_version: &str, elapsed_s: f64) -> CacheReport {
    let mut facts = facts(evidence);
    let checks: Vec<_> = CHECKS.iter().map(|check| check.line(&facts)).collect();
    let mut found: Vec<_> = checks.iter().flat_map(findings).collect();
    // Stable: within a severity, the order of the checks.
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let counters = facts.evidence.counters.as_ref();
    let hit_ratio = match (counters, counters.and_then(|counters| counters.hit_ratio())) {
        (_, Some(ratio)) => Answer::Found(ratio),
        (Some(_), None) => Answer::absent("not one key was looked up"),
        (None, None) => absent(parts::counters(&facts)),
    };
    let sample = match &facts.evidence.sample {
        Some(sample) => Answer::Found(summary(sample)),
        None => absent(parts::sample(&facts)),
    };
    let drop_candidates = candidates::drop_candidates(&facts.patterns);
    let preload_candidates = candidates::preload_candidates(&facts.patterns, counters);
    let ttl_advice = ttl_advice::ttl_advice(&facts.patterns);
    let patterns_left_out = facts.patterns.len().saturating_sub(MOST_PATTERNS) as u64;
    facts.patterns.truncate(MOST_PATTERNS);
    facts.large_values.truncate(MOST_LARGE_VALUES);
    CacheReport {
        format_version: CACHE_FORMAT_VERSION,
        aforo_version: aforo_version.to_owned(),
        began_at: began_at(&facts.evidence),
        elapsed_s,
        hit_ratio,
        sample,
        patterns: facts.patterns,
        patterns_left_out,
        large_values: facts.large_values,
        ttl_advice,
        drop_candidates,
        preload_candidates,
        slow_log: slow_log::grouped(facts.evidence.slow_log.as_deref().unwrap_or_default()),
        checks,
        findings: found,
        server: facts.evidence.server,
        counters: facts.evidence.counters,
        memory: facts.evidence.memory,
        skipped: facts.evidence.skipped,
    }
}

/// What checks look at.
pub(super) fn facts(evidence: CacheEvidence) -> CacheFacts {
    let sample = evidence.sample.as_ref();
    let (patterns, large_values) = (sample.map(key_patterns), sample.map(large_values));
    CacheFacts {
        patterns: patterns.unwrap_or_default(),
        large_values: large_values.unwrap_or_default(),
        evidence,
    }
}

fn absent<T, P>(part: Result<P, crate::database::Skip>) -> Answer<T> {
    Answer::absent(part.err().map_or_else(String::new, |skip| skip.why))
}

fn summary(sample: &KeySample) -> SampleSummary {
    let sampled_keys = sample.keys.len() as u64;
    SampleSummary {
        sampled_keys,
        total_keys: sample.total_keys,
        sampled_ratio: if sample.total_keys == 0 {
            1.0
        } else {
            (sampled_keys as f64 / sample.total_keys as f64).min(1.0)
        },
        elapsed_s: sample.elapsed_s,
        ended_by: sample.ended_by,
        tracking: sample.tracking,
    }
}

/// The evidence is read at the end of a window that was watched.
fn began_at(evidence: &CacheEvidence) -> DateTime<Utc> {
    let window = evidence.counters.as_ref().filter(|counters| counters.is_window);
    window
        .and_then(|counters| TimeDelta::try_milliseconds((counters.covered_s * 1000.0) as i64))
        .and_then(|window| evidence.read_at.checked_sub_signed(window))
        .unwrap_or(evidence.read_at)
}
