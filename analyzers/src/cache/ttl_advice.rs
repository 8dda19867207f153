//! Patterns whose keys should live longer or shorter.

use aforo_model::Interval;
use aforo_model::cache::{KeyPattern, TtlAdvice, TtlChange};

use super::patterns::{COLD_PER_MIN, HOT_PER_MIN, is_used_after_write};
use crate::wording::{memory, percent, seconds};

/// Twice the time for patterns that are hot for sure, half of it for those that are cold for sure (requirement R6.2: 3600 → 7200 s and
/// 3600 → 1800 s); the one that changes most memory first. Patterns whose keys live for ever, or whose time to live is not known, get
/// no advice.
pub(super) fn ttl_advice(patterns: &[KeyPattern]) -> Vec<TtlAdvice> {
    let mut advice: Vec<TtlAdvice> = patterns.iter().filter_map(of_pattern).collect();
    let change = |advice: &TtlAdvice| advice.largest_memory_change_bytes.unwrap_or_default().abs();
    advice.sort_by(|one, other| change(other).total_cmp(&change(one)));
    advice
}

fn of_pattern(pattern: &KeyPattern) -> Option<TtlAdvice> {
    let ttl_now_s = pattern.ttl_written_s?;
    let accesses_per_min = *pattern.accesses_per_min.found()?;
    let change = if accesses_per_min.low > HOT_PER_MIN && is_used_after_write(pattern) {
        TtlChange::Lengthen
    } else if accesses_per_min.high < COLD_PER_MIN {
        TtlChange::Shorten
    } else {
        return None;
    };
    // Keys that live for ever stay as they are.
    let bytes = pattern.bytes.map(|bytes| bytes as f64 * (1.0 - pattern.without_ttl_ratio));
    let (factor, memory_factor) = match change {
        TtlChange::Lengthen => (2.0, 1.0),
        TtlChange::Shorten => (0.5, -0.5),
    };
    let largest_memory_change_bytes = bytes.map(|bytes| bytes * memory_factor);
    let ttl_advised_s = ttl_now_s * factor;
    Some(TtlAdvice {
        pattern: pattern.pattern.clone(),
        change,
        ttl_now_s,
        ttl_advised_s,
        accesses_per_min,
        largest_memory_change_bytes,
        reason: reason(change, accesses_per_min, ttl_now_s, ttl_advised_s, largest_memory_change_bytes),
    })
}

/// Share of the look-ups of a key that find it, when they come at random and each miss writes it again: of those in one life, the
/// first misses and `rate · ttl` find it.
fn expected_hit_ratio(per_min: f64, ttl_s: f64) -> f64 {
    let hits = per_min * ttl_s / 60.0;
    hits / (1.0 + hits)
}

fn reason(change: TtlChange, rate: Interval, now_s: f64, advised_s: f64, bytes: Option<f64>) -> String {
    let [before, after] = [now_s, advised_s].map(|ttl_s| percent(expected_hit_ratio(rate.estimate, ttl_s)));
    let size = bytes.map(|bytes| memory(bytes.abs() as u64));
    let (kind, gain) = match (change, size) {
        (TtlChange::Lengthen, Some(size)) => ("hot", format!("takes at most {size} more")),
        (TtlChange::Lengthen, None) => ("hot", "takes more memory".to_owned()),
        (TtlChange::Shorten, Some(size)) => ("cold", format!("frees at most {size}")),
        (TtlChange::Shorten, None) => ("cold", "frees memory".to_owned()),
    };
    format!(
        "The keys are {kind}: an estimated {:.2} accesses a minute each. Living for {} instead of {} {gain}; \
         at this rate it changes the share of look-ups that find them from {before} to {after}.",
        rate.estimate,
        seconds(advised_s),
        seconds(now_s)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures::{key, sample_of};
    use crate::cache::patterns::key_patterns;
    use crate::statistics::Random;

    /// Advice for 200 keys of 1 MB that were written with an hour to live, and are idle for so long.
    fn advised(idle_s: u64, ttl_s: Option<u64>) -> Vec<TtlAdvice> {
        let keys = (0..200)
            .map(|at| key(&format!("room:{at}"), 1_000_000, ttl_s.map(|ttl| ttl * (at + 1) / 200), idle_s));
        ttl_advice(&key_patterns(&sample_of(keys.collect())))
    }

    #[test]
    fn hot_keys_live_twice_as_long_and_cold_ones_half_as_long() {
        for (idle_s, change, advised_s, bytes) in
            [(1, TtlChange::Lengthen, 7200.0, 200e6), (900, TtlChange::Shorten, 1800.0, -100e6)]
        {
            let found = advised(idle_s, Some(3600));
            let [advice] = &found[..] else { panic!("{found:?}") };
            assert_eq!((advice.change, advice.ttl_now_s, advice.ttl_advised_s), (change, 3600.0, advised_s));
            assert_eq!(advice.largest_memory_change_bytes, Some(bytes));
            assert!(advice.reason.contains("an estimated"), "{}", advice.reason);
        }
    }

    #[test]
    fn keys_between_hot_and_cold_and_those_that_live_for_ever_get_no_advice() {
        assert_eq!(advised(20, Some(3600)), []);
        assert_eq!(advised(900, None), []);
        assert_eq!(ttl_advice(&[]), []);
    }

    #[test]
    fn keys_that_were_just_written_are_not_taken_for_hot_ones() {
        let fresh = (0..200).map(|at| key(&format!("room:{at}"), 1_000, Some(3599), 1));
        assert_eq!(ttl_advice(&key_patterns(&sample_of(fresh.collect()))), []);
    }

    #[test]
    fn the_expected_share_of_hits_is_what_a_simulation_gives() {
        let mut random = Random::new(9);
        for (per_min, ttl_s) in [(0.05, 3600.0), (1.0, 60.0), (0.5, 1800.0)] {
            let (mut now_s, mut expires_s, mut hits) = (0.0, 0.0, 0_u32);
            for _ in 0..40_000 {
                let uniform = (random.below(1_000_000) as f64 + 1.0) / 1_000_001.0;
                now_s += -uniform.ln() * 60.0 / per_min;
                if now_s < expires_s {
                    hits += 1;
                } else {
                    expires_s = now_s + ttl_s;
                }
            }
            let seen = f64::from(hits) / 40_000.0;
            assert!((seen - expected_hit_ratio(per_min, ttl_s)).abs() < 0.02, "{per_min} {ttl_s}: {seen}");
        }
    }
}
