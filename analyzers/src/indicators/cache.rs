//! The target's Redis: hits and fragmentation.

use aforo_model::RedisSample;

use super::Measurement;
use crate::Evidence;
use crate::wording::memory;

/// Fewest look-ups of which a hit ratio is taken; below it one key decides a whole percent.
const MIN_LOOKUPS: u64 = 100;

/// Memory in use from which fragmentation is told from the server's own memory. Redis' `MEMORY DOCTOR` calls an
/// instance below 5 MB empty and gives no advice on it.
const MIN_USED_BYTES: u64 = 5 << 20;

const NOT_WATCHED: &str = "the target's Redis was not watched; name its URL";

/// Hits per look-up, from the first to the last reading of the judged part.
pub(super) fn hit_ratio(evidence: &Evidence<'_>) -> Measurement {
    let mut readings = readings(evidence);
    let Some(first) = readings.next() else { return Measurement::nothing(NOT_WATCHED) };
    let last = readings.last().unwrap_or(first);
    let hits = last.keyspace_hits.checked_sub(first.keyspace_hits);
    let misses = last.keyspace_misses.checked_sub(first.keyspace_misses);
    let (Some(hits), Some(misses)) = (hits, misses) else {
        return Measurement::nothing("the counters of Redis went backwards; it was restarted during the run");
    };
    let lookups = hits.saturating_add(misses);
    if lookups == 0 {
        return Measurement::nothing("not one key was looked up in Redis");
    }
    let measured = Measurement::exact(hits as f64 / lookups as f64, lookups);
    if lookups < MIN_LOOKUPS {
        return measured.weakened(format!(
            "only {lookups} keys were looked up in Redis, and a hit ratio needs {MIN_LOOKUPS}; run for longer"
        ));
    }
    measured
}

/// Resident memory per byte in use, in the last judged reading. On a small instance the server's own memory raises
/// the ratio: a low one is then still good, and a high one says nothing.
pub(super) fn fragmentation(evidence: &Evidence<'_>) -> Measurement {
    let Some(last) = readings(evidence).last() else { return Measurement::nothing(NOT_WATCHED) };
    let measured = Measurement::exact(last.fragmentation_ratio, readings(evidence).count() as u64);
    if last.used_memory_bytes < MIN_USED_BYTES {
        return measured.at_most_itself(format!(
            "Redis holds only {}, and below {} the ratio shows its own memory and not fragmentation; \
             run with as much data as in production, or leave this objective out",
            memory(last.used_memory_bytes),
            memory(MIN_USED_BYTES)
        ));
    }
    measured
}

fn readings<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a RedisSample> {
    evidence.judged_samples().filter_map(|sample| sample.redis.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::indicators::Outcome;

    fn with(change: impl Fn(usize, &mut RedisSample)) -> Fixture {
        let mut fixture = Fixture::healthy();
        for (index, sample) in fixture.resources.iter_mut().enumerate() {
            change(index, sample.redis.as_mut().unwrap());
        }
        fixture
    }

    #[test]
    fn only_look_ups_during_the_run_count() {
        let fixture = with(|index, redis| {
            redis.keyspace_hits = 1_000_000 + 9 * index as u64;
            redis.keyspace_misses = 500_000 + index as u64;
        });
        let ratio = hit_ratio(&fixture.evidence()).value.unwrap();
        assert!((ratio - 0.9).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn few_look_ups_and_a_restart_are_unknown() {
        let few = with(|index, redis| {
            redis.keyspace_hits = index as u64;
            redis.keyspace_misses = 0;
        });
        let restarted = with(|index, redis| redis.keyspace_hits = 1000 - index as u64);
        let expression = "cache_hit_ratio > 95%".parse().unwrap();
        for (fixture, word) in [(few, "needs 100"), (restarted, "restarted")] {
            let outcome = hit_ratio(&fixture.evidence()).outcome(&expression);
            assert!(matches!(&outcome, Outcome::Unknown(why) if why.contains(word)), "{outcome:?}");
        }
    }

    #[test]
    fn fragmentation_of_a_small_instance_is_judged_only_when_low() {
        let expression = "cache_fragmentation < 1.5".parse().unwrap();
        let outcome = |used_memory_bytes, fragmentation_ratio| {
            let fixture = with(|_, redis| {
                redis.used_memory_bytes = used_memory_bytes;
                redis.fragmentation_ratio = fragmentation_ratio;
            });
            fragmentation(&fixture.evidence()).outcome(&expression)
        };
        assert_eq!(outcome(100 << 20, 1.8), Outcome::Fails);
        assert_eq!(outcome(1 << 20, 1.2), Outcome::Holds);
        assert!(
            matches!(outcome(1 << 20, 7.5), Outcome::Unknown(why) if why.contains("1.0 MiB") && why.contains("as in production"))
        );
    }
}
