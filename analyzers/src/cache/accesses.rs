//! How often keys are used, from what the server tells of each once.

use std::collections::BTreeMap;
use std::f64::consts::LN_2;

use aforo_model::Interval;
use aforo_model::cache::{AccessTracking, SampledKey};

use crate::statistics::wilson;

/// The counter that a key is created with (`LFU_INIT_VAL`).
const FIRST_COUNT: f64 = 5.0;
/// 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_964;
/// Fewer values than this have no order statistics that hold the median 95 times in 100.
const FEWEST: usize = 6;
/// 2.5 % and 97.5 % quantiles of the exponential distribution with mean 1: between them lies the rate of one key, relative to one
/// by its idle time.
const IDLE_REACH: (f64, f64) = (0.025_3, 3.689);
/// The same for one LFU counter: it moves by chance (measured with a simulation of Redis' algorithm, in the test).
const COUNTER_REACH: (f64, f64) = (0.4, 2.5);

/// Accesses in a minute of each key of which the server tells enough, estimated.
///
/// *Idle time.* Where accesses come at random at some rate, the time since the last is exponential, and its most likely
/// rate is one by it. One key's estimate is rough; those of many are not. Idle times are cut to whole seconds, so those that are
/// equal are spread over their second. A write is a use, too.
///
/// *LFU counter.* Redis raises a counter `c` with the probability `1 / ((c − 5) · log_factor + 1)` at each access and
/// lowers it by one for each decay time. At a decay time of one minute it settles where both are equal, at
/// `(c − 5) · log_factor + 1` accesses in a minute; up to 5, at one at most. With another decay time Redis does not lower
/// the counter of a key that is used more often than that, so there is no such balance.
pub(super) fn rates_per_min(keys: &[&SampledKey], tracking: AccessTracking) -> Vec<f64> {
    match tracking {
        AccessTracking::IdleTime => idle_rates(keys.iter().filter_map(|key| key.idle_s)),
        AccessTracking::Frequency { log_factor: Some(factor), decay_time_min: Some(1) } => {
            keys.iter().filter_map(|key| key.frequency).map(|counter| counter_rate(counter, factor)).collect()
        }
        AccessTracking::Frequency { .. } | AccessTracking::Unknown => Vec::new(),
    }
}

fn idle_rates(idle_s: impl Iterator<Item = u64>) -> Vec<f64> {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    idle_s.for_each(|idle_s| *counts.entry(idle_s).or_default() += 1);
    let spread = |(idle_s, count): (u64, u32)| {
        (0..count).map(move |place| 60.0 / (idle_s as f64 + (f64::from(place) + 0.5) / f64::from(count)))
    };
    counts.into_iter().flat_map(spread).collect()
}

fn counter_rate(counter: u8, log_factor: u32) -> f64 {
    let count = f64::from(counter);
    // A counter below its first value has been left alone for some minutes: below one a minute.
    if count < FIRST_COUNT {
        count / (FIRST_COUNT + 1.0)
    } else {
        (count - FIRST_COUNT) * f64::from(log_factor) + 1.0
    }
}

/// The median of the rates with the interval of its order statistics; nothing for none. An exponential idle time has its
/// median at `ln 2` by the rate, which is corrected for. Fewer than [`FEWEST`] rates have no such interval: theirs is from
/// what the smallest could really be to what the largest could be.
pub(super) fn median_rate(rates: &mut [f64], tracking: AccessTracking) -> Option<Interval> {
    rates.sort_by(f64::total_cmp);
    let (first, last) = (*rates.first()?, *rates.last()?);
    let is_idle = tracking == AccessTracking::IdleTime;
    let middle = quantile(rates, 0.5)? * if is_idle { LN_2 } else { 1.0 };
    if rates.len() < FEWEST {
        let (low, high) = if is_idle { IDLE_REACH } else { COUNTER_REACH };
        return Some(Interval { estimate: middle, low: first * low, high: last * high });
    }
    let count = rates.len() as f64;
    let reach = Z * count.sqrt() / 2.0;
    let at =
        |place: f64| rates[(place.max(0.0) as usize).min(rates.len() - 1)] * if is_idle { LN_2 } else { 1.0 };
    Some(Interval {
        estimate: middle,
        low: at((count / 2.0 - reach).floor() - 1.0),
        high: at((count / 2.0 + reach).ceil()),
    })
}

/// A quantile of sorted values, between neighbours by proportion.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// How many of `total` there are, when `hits` of `sampled` are: with Wilson's interval, and exact where all were sampled.
pub(super) fn scaled(hits: u64, sampled: u64, total: u64) -> Interval {
    let exact = hits as f64;
    if sampled == 0 || sampled >= total {
        return Interval { estimate: exact, low: exact, high: exact };
    }
    let scaled = wilson(hits, sampled).scaled(total as f64);
    // Those that were seen are there.
    Interval { low: scaled.low.max(exact), ..scaled }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::fixtures;
    use crate::statistics::Random;

    const LFU: AccessTracking = AccessTracking::Frequency { log_factor: Some(10), decay_time_min: Some(1) };

    fn counted(frequency: u8) -> SampledKey {
        SampledKey { frequency: Some(frequency), idle_s: None, ..fixtures::key("a:1", 100, None, 0) }
    }

    #[test]
    fn a_counter_is_read_as_redis_documents_its_scale() {
        let keys = [counted(5), counted(15), counted(3)];
        let keys: Vec<&SampledKey> = keys.iter().collect();
        assert_eq!(rates_per_min(&keys, LFU), [1.0, 101.0, 0.5]);
        for unknown in [
            AccessTracking::Frequency { log_factor: Some(10), decay_time_min: Some(0) },
            AccessTracking::Frequency { log_factor: None, decay_time_min: None },
            AccessTracking::Unknown,
        ] {
            assert!(rates_per_min(&keys, unknown).is_empty());
        }
    }

    /// The counter of a key that was used `rate` times a minute for two hours, by Redis' own algorithm.
    fn played(rate: u32, random: &mut Random) -> u8 {
        let mut count = 5_u8;
        for _ in 0..120 {
            count = count.saturating_sub(1);
            for _ in 0..rate {
                let odds = 1.0 / (f64::from(count.saturating_sub(5)) * 10.0 + 1.0);
                count += u8::from(count < 255 && (random.below(1_000_000) as f64) < odds * 1e6);
            }
        }
        count
    }

    #[test]
    fn a_simulated_counter_gives_back_the_rate_it_was_used_at() {
        let mut random = Random::new(5);
        for rate in [30_u32, 100, 600] {
            let mut rates: Vec<f64> = (0..101).map(|_| counter_rate(played(rate, &mut random), 10)).collect();
            let found = median_rate(&mut rates, LFU).unwrap();
            assert!((found.estimate / f64::from(rate) - 1.0).abs() < 0.5, "{rate}: {found:?}");
            let is_held = |one: &&f64| {
                let reach = median_rate(&mut [**one], LFU).unwrap();
                reach.low <= f64::from(rate) && f64::from(rate) <= reach.high
            };
            assert!(rates.iter().filter(is_held).count() >= 95, "{rate}: {rates:?}");
        }
    }

    #[test]
    fn the_interval_of_one_idle_time_holds_its_rate_nineteen_times_in_twenty() {
        let mut random = Random::new(11);
        let held = (0..2000).filter(|_| {
            let uniform = (random.below(1_000_000) as f64 + 1.0) / 1_000_001.0;
            let found = median_rate(&mut [60.0 / (-uniform.ln() * 600.0)], AccessTracking::IdleTime).unwrap();
            found.low <= 0.1 && 0.1 <= found.high
        });
        assert!((1870..=1930).contains(&held.count()));
    }

    #[test]
    fn idle_times_at_random_give_back_the_rate() {
        let mut random = Random::new(7);
        for rate in [0.5, 4.0, 20.0, 60.0] {
            let idle_s = (0..401).map(|_| {
                let uniform = (random.below(1_000_000) as f64 + 1.0) / 1_000_001.0;
                (-uniform.ln() * 60.0 / rate) as u64
            });
            let mut rates = idle_rates(idle_s);
            let found = median_rate(&mut rates, AccessTracking::IdleTime).unwrap();
            assert!((found.estimate / rate - 1.0).abs() < 0.3, "{rate}: {found:?}");
            assert!(found.low <= found.estimate && found.estimate <= found.high);
        }
    }

    #[test]
    fn a_count_is_exact_where_all_was_seen_and_an_interval_elsewhere() {
        assert_eq!(scaled(3, 10, 10), Interval { estimate: 3.0, low: 3.0, high: 3.0 });
        let found = scaled(50, 100, 10_000);
        assert!(found.low > 3_900.0 && found.low < 4_100.0 && found.high < 6_100.0, "{found:?}");
        assert_eq!(scaled(0, 0, 10).estimate, 0.0);
        assert_eq!(median_rate(&mut [], LFU), None);
    }
}
