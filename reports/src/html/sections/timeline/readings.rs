//! Charts of resources, from the readings.

use aforo_model::{ResourceSample, Role, RunRecord};

use super::columns::{Column, Merge, column};
use super::{Chart, LOOK_UPS, Line, Source, line};

/// Roles with the word and the colour that all charts show them in.
const ROLES: [(Role, &str, u8); 4] = [
    (Role::Target, "target", 1),
    (Role::Postgres, "Postgres", 2),
    (Role::Redis, "Redis", 4),
    (Role::Generator, "Aforo", 5),
];

/// When each reading was taken.
pub(super) fn times(record: &RunRecord) -> Column {
    readings(record, Merge::Last, |reading| Some(reading.at_s))
}

/// CPU, memory, connections and what they wait for, and look-ups of the cache; those that were read.
pub(super) fn charts(record: &RunRecord) -> Vec<Chart> {
    let of_roles = |figure: fn(&ResourceSample, Role) -> Option<f64>| {
        let of_role = |&(role, label, colour): &(Role, _, _)| {
            line(label, colour, readings(record, Merge::Highest, |reading| figure(reading, role)))
        };
        ROLES.iter().map(of_role).collect()
    };
    let cpu = of_roles(|reading, role| reading.process_anywhere(role)?.cpu_cores);
    let memory = of_roles(|reading, role| Some(reading.process_anywhere(role)?.rss_bytes as f64));
    let charts = [
        ("CPU", "cores", cpu),
        ("Memory (RSS)", "bytes", memory),
        ("Postgres connections", "count", connections(record)),
        (LOOK_UPS, "per_s", look_ups(record)),
    ];
    charts.into_iter().filter_map(|(title, unit, lines)| of_seen(title, unit, lines)).collect()
}

/// A chart of the lines that show anything; nothing where none does.
fn of_seen(title: &'static str, unit: &'static str, lines: Vec<Line>) -> Option<Chart> {
    let lines: Vec<Line> = lines.into_iter().filter(|line| line.values.iter().any(Option::is_some)).collect();
    (!lines.is_empty()).then_some(Chart { title, unit, source: Source::Readings, lines })
}

fn connections(record: &RunRecord) -> Vec<Line> {
    let of = |figure: fn(&aforo_model::PostgresSample) -> u32| {
        readings(record, Merge::Highest, |reading| reading.postgres.as_ref().map(figure).map(f64::from))
    };
    vec![
        line("open", 1, of(|postgres| postgres.connection_count)),
        Line { dash: Some("dashed"), ..line("running a statement", 3, of(|postgres| postgres.active_count)) },
        Line {
            dash: Some("dotted"),
            ..line("waiting for a lock", 6, of(|postgres| postgres.lock_waiting_count))
        },
    ]
}

/// Redis counts look-ups since the watch began; what is shown is the difference of two readings over the time between them.
fn look_ups(record: &RunRecord) -> Vec<Line> {
    let per_s = |count: fn(&aforo_model::RedisSample) -> u64| {
        let mut before: Option<(f64, u64)> = None;
        readings(record, Merge::Mean, |reading| {
            let now = (reading.at_s, count(reading.redis.as_ref()?));
            let (before_s, counted) = before.replace(now)?;
            let elapsed_s = now.0 - before_s;
            (elapsed_s > 0.0).then(|| now.1.saturating_sub(counted) as f64 / elapsed_s)
        })
    };
    vec![
        Line { fill: true, ..line("hits", 3, per_s(|redis| redis.keyspace_hits)) },
        Line { dash: Some("dashed"), ..line("misses", 2, per_s(|redis| redis.keyspace_misses)) },
    ]
}

fn readings(record: &RunRecord, merge: Merge, figure: impl FnMut(&ResourceSample) -> Option<f64>) -> Column {
    column(record.resources.iter().map(figure), record.resources.len(), merge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use aforo_model::RedisSample;

    fn redis(at_s: f64, keyspace_hits: u64) -> ResourceSample {
        let redis = RedisSample {
            keyspace_hits,
            keyspace_misses: 0,
            evicted_keys: 0,
            commands_processed: 0,
            used_memory_bytes: 0,
            fragmentation_ratio: 1.0,
            connected_clients: 1,
        };
        ResourceSample { at_s, redis: Some(redis), ..Default::default() }
    }

    #[test]
    fn look_ups_a_second_are_the_difference_of_two_readings() {
        let mut record = canonical::record("met");
        let unread = ResourceSample { at_s: 3.0, ..Default::default() };
        // The server was restarted before the last reading: its counter began anew.
        record.resources = vec![redis(1.0, 10), redis(2.0, 110), unread, redis(4.0, 210), redis(5.0, 3)];
        let hits = serde_json::to_string(&look_ups(&record)[0].values).unwrap();
        assert_eq!(hits, "[null,100,null,50,0]");
    }

    #[test]
    fn what_was_not_read_has_no_chart() {
        let mut record = canonical::record("met");
        record.resources = vec![ResourceSample { at_s: 1.0, ..Default::default() }];
        assert!(charts(&record).is_empty());
    }
}
