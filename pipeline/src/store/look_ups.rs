//! Look-ups of the cache per second, for records that were made before readings had them.

use aforo_model::{RedisSample, ResourceSample};

/// Fills them in from the counts of readings that follow each other. A record that has any is left as it is: one that is absent there was
/// not known.
pub(super) fn fill_in(readings: &mut [ResourceSample]) {
    let has_rates =
        |redis: &RedisSample| redis.keyspace_hits_per_s.is_some() || redis.keyspace_misses_per_s.is_some();
    if readings.iter().filter_map(|reading| reading.redis.as_ref()).any(has_rates) {
        return;
    }
    let mut before: Option<(f64, RedisSample)> = None;
    for reading in readings {
        let Some(redis) = &mut reading.redis else { continue };
        if let Some((at_s, earlier)) = before {
            let per_s = |now: u64, then: u64| rate(now, then, reading.at_s - at_s);
            redis.keyspace_hits_per_s = per_s(redis.keyspace_hits, earlier.keyspace_hits);
            redis.keyspace_misses_per_s = per_s(redis.keyspace_misses, earlier.keyspace_misses);
        }
        before = Some((reading.at_s, *redis));
    }
}

/// Growth per second; nothing where a count fell or no time went by.
fn rate(now: u64, then: u64, elapsed_s: f64) -> Option<f64> {
    let grown = now.checked_sub(then)?;
    (elapsed_s > 0.0).then(|| grown as f64 / elapsed_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixtures::{add_run, record, store};

    /// Readings of a cache at these seconds, with its hits and misses until then.
    fn readings(counts: &[(f64, u64, u64)]) -> Vec<ResourceSample> {
        let redis = record().resources.iter().find_map(|reading| reading.redis).unwrap();
        let reading = |&(at_s, keyspace_hits, keyspace_misses): &(f64, u64, u64)| ResourceSample {
            at_s,
            redis: Some(RedisSample {
                keyspace_hits,
                keyspace_misses,
                keyspace_hits_per_s: None,
                keyspace_misses_per_s: None,
                ..redis
            }),
            ..Default::default()
        };
        counts.iter().map(reading).collect()
    }

    fn rates(readings: &[ResourceSample]) -> Vec<(Option<f64>, Option<f64>)> {
        let redis = readings.iter().filter_map(|reading| reading.redis.as_ref());
        redis.map(|redis| (redis.keyspace_hits_per_s, redis.keyspace_misses_per_s)).collect()
    }

    #[test]
    fn an_older_record_has_them_once_it_is_loaded() {
        let (_folder, store) = store();
        let mut older = readings(&[(1.0, 0, 0), (2.0, 90, 10), (4.0, 290, 10)]);
        older.insert(2, ResourceSample { at_s: 3.0, ..Default::default() });
        let run = add_run(&store, "20261101T000000Z-a-1", |record| record.resources = older);
        let loaded = store.load(&run).unwrap();
        let filled = [(None, None), (Some(90.0), Some(10.0)), (Some(100.0), Some(0.0))];
        assert_eq!(rates(&loaded.resources), filled);
    }

    #[test]
    fn what_was_measured_is_left_as_it_is() {
        let mut measured = readings(&[(1.0, 0, 0), (2.0, 90, 10), (3.0, 180, 20)]);
        measured[2].redis.as_mut().unwrap().keyspace_hits_per_s = Some(88.0);
        let before = measured.clone();
        fill_in(&mut measured);
        assert_eq!(measured, before);
    }

    #[test]
    fn counts_that_fell_or_that_no_time_went_by_between_give_none() {
        let mut odd = readings(&[(1.0, 50, 5), (2.0, 10, 6), (2.0, 20, 7)]);
        fill_in(&mut odd);
        assert_eq!(rates(&odd), [(None, None), (None, Some(1.0)), (None, None)]);
        fill_in(&mut []);
    }
}
