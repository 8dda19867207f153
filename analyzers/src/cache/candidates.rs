//! Patterns that need not be stored, and those to refresh before they expire.

use aforo_model::cache::{CacheCounters, DropCandidate, KeyPattern, PreloadCandidate};

use super::patterns::is_used_after_write;

/// From this share of keys that were never used on, a pattern need not be stored. Ours: the rest does not pay for it.
pub(super) const NEVER_HIT_RATIO: f64 = 0.9;
/// From this share of the misses on, expiries are worth avoiding. Ours.
const MISSES_RATIO: f64 = 0.1;
/// Fewest misses of a window of which a share is taken.
const FEWEST_MISSES: u64 = 100;

/// Whether nearly none of a pattern's keys is ever used.
pub(super) fn is_never_hit(pattern: &KeyPattern) -> bool {
    pattern.never_hit_ratio.found().is_some_and(|ratio| *ratio >= NEVER_HIT_RATIO)
}

/// Patterns whose keys are hardly ever used, in their order.
pub(super) fn drop_candidates(patterns: &[KeyPattern]) -> Vec<DropCandidate> {
    let candidate = |pattern: &KeyPattern| {
        Some(DropCandidate {
            pattern: pattern.pattern.clone(),
            bytes: pattern.bytes?,
            never_hit_ratio: *pattern.never_hit_ratio.found()?,
        })
    };
    patterns.iter().filter(|pattern| is_never_hit(pattern)).filter_map(candidate).collect()
}

/// Patterns whose hot keys' expiries make a good part of the misses, the largest part first. Only misses of a window that was
/// watched tell: those since the server started may be of another time.
pub(super) fn preload_candidates(
    patterns: &[KeyPattern],
    counters: Option<&CacheCounters>,
) -> Vec<PreloadCandidate> {
    let watched = counters.filter(|counters| counters.is_window && counters.keyspace_misses >= FEWEST_MISSES);
    let Some(minutes) = watched.map(|counters| counters.covered_s / 60.0).filter(|minutes| *minutes > 0.0)
    else {
        return Vec::new();
    };
    let misses_per_min = watched.map_or(0.0, |counters| counters.keyspace_misses as f64) / minutes;
    let candidate = |pattern: &KeyPattern| {
        let hot_keys = pattern.hot_keys?.estimate * (1.0 - pattern.without_ttl_ratio);
        let expiries_per_min = hot_keys / (pattern.ttl_written_s.filter(|ttl_s| *ttl_s > 0.0)? / 60.0);
        // More than all cannot be: then keys are renewed before they expire.
        let misses_ratio = Some(expiries_per_min / misses_per_min).filter(|ratio| *ratio <= 1.0)?;
        let pattern = pattern.pattern.clone();
        (misses_ratio >= MISSES_RATIO).then_some(PreloadCandidate { pattern, expiries_per_min, misses_ratio })
    };
    let mut candidates: Vec<_> =
        patterns.iter().filter(|pattern| is_used_after_write(pattern)).filter_map(candidate).collect();
    candidates.sort_by(|one, other| other.misses_ratio.total_cmp(&one.misses_ratio));
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures::{key, sample_of};
    use crate::cache::patterns::key_patterns;

    /// 200 keys written with ten minutes to live, idle for `idle_s` at most.
    fn patterns(idle_s: u64) -> Vec<KeyPattern> {
        let lives = (0..200).map(|at| (at, at * 3));
        let keys =
            lives.map(|(at, age_s)| key(&format!("rate:{at}"), 100, Some(600 - age_s), age_s.min(idle_s)));
        key_patterns(&sample_of(keys.collect()))
    }

    fn counted(keyspace_misses: u64, is_window: bool) -> CacheCounters {
        CacheCounters { covered_s: 60.0, is_window, keyspace_misses, ..CacheCounters::default() }
    }

    #[test]
    fn keys_that_nobody_reads_may_be_dropped_and_those_that_are_read_not() {
        let dropped = drop_candidates(&patterns(u64::MAX));
        assert_eq!(
            (dropped[0].pattern.as_str(), dropped[0].bytes, dropped[0].never_hit_ratio),
            ("rate:*", 20_000, 1.0)
        );
        assert_eq!(drop_candidates(&patterns(30)), []);
    }

    #[test]
    fn hot_keys_are_preloaded_where_their_expiries_are_many_of_the_misses() {
        // 200 hot keys by ten minutes are 20 expiries a minute.
        let found = preload_candidates(&patterns(1), Some(&counted(100, true)));
        assert_eq!(
            (found[0].pattern.as_str(), found[0].expiries_per_min, found[0].misses_ratio),
            ("rate:*", 20.0, 0.2)
        );
    }

    #[test]
    fn without_evidence_nothing_is_preloaded() {
        for (idle_s, counters) in [
            (1, None),
            (1, Some(counted(100, false))),
            (1, Some(counted(99, true))),
            (1, Some(counted(201, true))),
            (1, Some(CacheCounters { covered_s: 0.0, ..counted(100, true) })),
            (300, Some(counted(1000, true))),
        ] {
            assert_eq!(preload_candidates(&patterns(idle_s), counters.as_ref()), [], "{idle_s} {counters:?}");
        }
    }
}
