//! Keys grouped by pattern.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::Answer;
use aforo_model::cache::{AccessTracking, KeyPattern, KeySample, SampledKey};

use super::accesses::{median_rate, quantile, rates_per_min, scaled};
use super::lifetimes::{Life, least_age_s, median_left_s, never_hit_ratio, written_s};
use super::names;

/// More accesses of a key in a minute than this are hot (requirement R6.2).
pub(super) const HOT_PER_MIN: f64 = 10.0;
/// Fewer accesses of a key in a minute than this are cold (requirement R6.2).
pub(super) const COLD_PER_MIN: f64 = 1.0;

/// The patterns of a sample, the one with most memory first, then the one with most keys.
pub(super) fn key_patterns(sample: &KeySample) -> Vec<KeyPattern> {
    let names: Vec<&str> = sample.keys.iter().map(|key| key.name.as_str()).collect();
    let mut groups: BTreeMap<String, Vec<&SampledKey>> = BTreeMap::new();
    for (pattern, key) in names::patterns(&names).into_iter().zip(&sample.keys) {
        groups.entry(pattern).or_default().push(key);
    }
    let mut patterns: Vec<KeyPattern> =
        groups.into_iter().map(|(pattern, keys)| one_pattern(pattern, &keys, sample)).collect();
    let all: f64 = patterns.iter().filter_map(|pattern| pattern.bytes).map(|bytes| bytes as f64).sum();
    for pattern in &mut patterns {
        pattern.memory_ratio = pattern.bytes.filter(|_| all > 0.0).map(|bytes| bytes as f64 / all);
    }
    patterns.sort_by_key(|pattern| std::cmp::Reverse((pattern.bytes, pattern.sampled_keys)));
    patterns
}

fn one_pattern(pattern: String, keys: &[&SampledKey], sample: &KeySample) -> KeyPattern {
    let sampled = sample.keys.len() as u64;
    let of_all = |count: usize| scaled(count as u64, sampled, sample.total_keys);
    let count = of_all(keys.len());
    let sizes: Vec<f64> = keys.iter().filter_map(|key| key.bytes).map(|bytes| bytes as f64).collect();
    let mean_bytes = crate::statistics::mean(sizes);
    let lives: Vec<Life> = keys.iter().filter_map(|key| life(key)).collect();
    let written_s = written_s(&lives);
    let mut idle_s: Vec<f64> = keys.iter().filter_map(|key| key.idle_s).map(|idle_s| idle_s as f64).collect();
    idle_s.sort_by(f64::total_cmp);
    let idle_at = |share| quantile(&idle_s, share);
    let mut rates = rates_per_min(keys, sample.tracking);
    let among = |is_so: &dyn Fn(f64) -> bool| {
        // Keys without an estimate are taken to be like the others.
        let share = rates.iter().filter(|rate| is_so(**rate)).count() as f64 / rates.len().max(1) as f64;
        (!rates.is_empty()).then(|| of_all((share * keys.len() as f64).round() as usize))
    };
    let (hot_keys, cold_keys) = (among(&|rate| rate > HOT_PER_MIN), among(&|rate| rate < COLD_PER_MIN));
    KeyPattern {
        pattern,
        kinds: keys.iter().map(|key| key.kind.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
        sampled_keys: keys.len() as u64,
        keys: count,
        bytes: mean_bytes.map(|mean| (mean * count.estimate) as u64),
        memory_ratio: None,
        without_ttl_ratio: (keys.len() - lives.len()) as f64 / keys.len().max(1) as f64,
        ttl_median_s: median_left_s(&lives),
        ttl_written_s: written_s,
        idle_quantiles_s: idle_at(0.1)
            .zip(idle_at(0.5))
            .zip(idle_at(0.9))
            .map(|((low, middle), high)| [low, middle, high]),
        accesses_per_min: median_rate(&mut rates, sample.tracking)
            .map_or_else(|| Answer::absent(why_no_rate(sample.tracking)), Answer::Found),
        hot_keys,
        cold_keys,
        never_hit_ratio: match (sample.tracking, never_hit_ratio(&lives, written_s)) {
            (AccessTracking::IdleTime, Ok(ratio)) => Answer::Found(ratio),
            (AccessTracking::IdleTime, Err(why)) => Answer::absent(why),
            _ => Answer::absent(
                "only idle times tell it, and the server does not tell those under this policy or to this user",
            ),
        },
    }
}

/// Whether keys are used after they are written. Idle times begin anew with a write, too: where they are as long as the keys are old,
/// they tell nothing of uses. Counters begin at a rate that is low.
pub(super) fn is_used_after_write(pattern: &KeyPattern) -> bool {
    let Some([_, idle_s, _]) = pattern.idle_quantiles_s else { return true };
    let expiring = pattern.sampled_keys as f64 * (1.0 - pattern.without_ttl_ratio);
    let age_s = pattern
        .ttl_written_s
        .zip(pattern.ttl_median_s)
        .map(|(written_s, left_s)| least_age_s(written_s, left_s, expiring));
    age_s.is_some_and(|age_s| 2.0 * idle_s < age_s)
}

fn life(key: &SampledKey) -> Option<Life> {
    let left_s = key.ttl_ms? as f64 / 1000.0;
    Some(Life { left_s, idle_s: key.idle_s.map(|idle_s| idle_s as f64) })
}

fn why_no_rate(tracking: AccessTracking) -> &'static str {
    match tracking {
        AccessTracking::IdleTime => "the server told no idle time of these keys",
        AccessTracking::Frequency { log_factor: Some(_), decay_time_min: Some(1) } => {
            "the server told no counter of these keys"
        }
        AccessTracking::Frequency { log_factor: Some(_), decay_time_min: Some(_) } => {
            "the counters tell a rate only where lfu-decay-time is 1"
        }
        AccessTracking::Frequency { .. } => {
            "lfu-log-factor and lfu-decay-time may not be read, so the counters tell no rate"
        }
        AccessTracking::Unknown => "the accesses to keys were not read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures::{key, sample_of};

    #[test]
    fn keys_of_a_part_of_the_sample_are_scaled_to_all() {
        let keys = (0..300).map(|at| key(&format!("session:{at}"), 1_000, Some(1_800), 2)).collect();
        let sample = KeySample { total_keys: 30_000, ..sample_of(keys) };
        let patterns = key_patterns(&sample);
        let [session] = &patterns[..] else { panic!("{patterns:?}") };
        assert_eq!(session.pattern, "session:*");
        assert_eq!((session.sampled_keys, session.keys.estimate), (300, 30_000.0));
        assert_eq!((session.bytes, session.memory_ratio), (Some(30_000_000), Some(1.0)));
        assert_eq!(session.idle_quantiles_s, Some([2.0; 3]));
        // ln 2 / 2.5 s.
        let rate = session.accesses_per_min.found().unwrap().estimate;
        assert!((rate - 16.6).abs() < 0.1, "{rate}");
        assert_eq!(session.hot_keys.unwrap().estimate, 30_000.0);
        assert_eq!(session.cold_keys.unwrap().estimate, 0.0);
    }

    #[test]
    fn the_pattern_with_most_memory_comes_first_and_what_is_not_told_is_absent() {
        let mut keys = vec![key("a:1", 10, None, 100), key("b:1", 90, None, 0)];
        assert_eq!(key_patterns(&sample_of(keys.clone()))[0].pattern, "b:*");
        for key in &mut keys {
            (key.bytes, key.idle_s) = (None, None);
        }
        for pattern in key_patterns(&KeySample { tracking: AccessTracking::Unknown, ..sample_of(keys) }) {
            assert_eq!((pattern.bytes, pattern.memory_ratio, pattern.hot_keys), (None, None, None));
            assert!(pattern.accesses_per_min.found().is_none() && pattern.never_hit_ratio.found().is_none());
            assert_eq!((pattern.without_ttl_ratio, pattern.ttl_median_s), (1.0, None));
        }
        assert_eq!(key_patterns(&sample_of(Vec::new())), []);
    }
}
