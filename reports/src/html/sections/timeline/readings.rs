//! Charts of resources, from the readings.

use aforo_model::{ProcessSample, RedisSample, ResourceSample, Role, RunRecord};

use super::columns::{Column, Merge, column};
use super::{Chart, Line, Source, line};

/// Roles with the word and the colour that all charts show them in.
const ROLES: [(Role, &str, u8); 4] = [
    (Role::Target, "target", 1),
    (Role::Postgres, "Postgres", 2),
    (Role::Redis, "Redis", 4),
    (Role::Generator, "Aforo", 5),
];

/// Title of the chart of memory.
pub(super) const MEMORY: &str = "Memory";

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
    let memory = ROLES.iter().map(|role| memory(record, role)).collect();
    let charts = [
        ("CPU", "cores", cpu),
        (MEMORY, "bytes", memory),
        ("Postgres connections", "count", connections(record)),
        ("Cache look-ups", "per_s", look_ups(record)),
    ];
    charts.into_iter().filter_map(|(title, unit, lines)| of_seen(title, unit, lines)).collect()
}

/// A chart of the lines that show anything; nothing where none does.
fn of_seen(title: &'static str, unit: &'static str, lines: Vec<Line>) -> Option<Chart> {
    let lines: Vec<Line> = lines.into_iter().filter(|line| line.values.iter().any(Option::is_some)).collect();
    (!lines.is_empty()).then_some(Chart { title, unit, source: Source::Readings, lines })
}

/// Longest time for which a reading of memory that counts shared pages once stands for what follows. It is read twice a minute; one that
/// is left out once is no gap yet.
const LONGEST_HELD_S: f64 = 65.0;

/// Whether memory is known with what Postgres' processes share counted once, over all the time that they were read. Resident memory has it
/// in each of them. It is no longer read of a server that has become too large for it: what it was then tells nothing of what follows.
pub(super) fn has_shared_once(record: &RunRecord) -> bool {
    let of_postgres = record
        .resources
        .iter()
        .filter_map(|reading| Some((reading.at_s, reading.process_anywhere(Role::Postgres)?.pss_bytes)));
    let (mut count, mut held_since_s) = (0, None);
    for (at_s, pss_bytes) in of_postgres {
        if held_since_s.is_some_and(|since_s| at_s - since_s > LONGEST_HELD_S) {
            return false;
        }
        if pss_bytes.is_some() {
            (count, held_since_s) = (count + 1, Some(at_s));
        }
    }
    count > 1
}

/// Resident memory, and of Postgres where it is known the one that tells what the server takes.
fn memory(record: &RunRecord, &(role, label, colour): &(Role, &'static str, u8)) -> Line {
    let of = |figure: fn(&ProcessSample) -> Option<u64>| {
        let figure = |reading: &ResourceSample| Some(figure(reading.process_anywhere(role)?)? as f64);
        readings(record, Merge::Highest, figure)
    };
    if role == Role::Postgres && has_shared_once(record) {
        return Line { is_held: true, ..line("Postgres (PSS)", colour, of(|process| process.pss_bytes)) };
    }
    line(label, colour, of(|process| Some(process.rss_bytes)))
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

fn look_ups(record: &RunRecord) -> Vec<Line> {
    let per_s = |figure: fn(&RedisSample) -> Option<f64>| {
        readings(record, Merge::Mean, |reading| figure(reading.redis.as_ref()?))
    };
    vec![
        Line { fill: true, ..line("hits", 3, per_s(|redis| redis.keyspace_hits_per_s)) },
        Line { dash: Some("dashed"), ..line("misses", 2, per_s(|redis| redis.keyspace_misses_per_s)) },
    ]
}

fn readings(record: &RunRecord, merge: Merge, figure: impl FnMut(&ResourceSample) -> Option<f64>) -> Column {
    column(record.resources.iter().map(figure), record.resources.len(), merge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    fn shown(line: &Line) -> String {
        format!("{} {}", line.label, serde_json::to_string(&line.values).unwrap())
    }

    #[test]
    fn memory_of_postgres_counts_what_its_processes_share_once_where_that_is_known() {
        let reading = |pss_bytes| {
            let postgres =
                ProcessSample { role: Role::Postgres, rss_bytes: 900, pss_bytes, ..Default::default() };
            ResourceSample { processes: vec![postgres], ..Default::default() }
        };
        let mut record = canonical::record("met");
        record.resources = vec![reading(Some(300)), reading(None)];
        assert_eq!(shown(&memory(&record, &ROLES[1])), "Postgres [900,900]");
        record.resources = vec![reading(Some(300)), reading(None), reading(Some(400))];
        let line = memory(&record, &ROLES[1]);
        assert_eq!((shown(&line).as_str(), line.is_held), ("Postgres (PSS) [300,null,400]", true));
    }

    #[test]
    fn memory_that_is_no_longer_read_with_what_is_shared_counted_once_is_not_drawn_as_if_it_were() {
        let read = |at_s: f64, pss_bytes| {
            let postgres =
                ProcessSample { role: Role::Postgres, rss_bytes: 900, pss_bytes, ..Default::default() };
            ResourceSample { at_s, processes: vec![postgres], ..Default::default() }
        };
        let mut record = canonical::record("met");
        let mut label = |readings: &[ResourceSample]| {
            record.resources = readings.to_vec();
            memory(&record, &ROLES[1]).label
        };
        let [first, second] = [read(0.0, Some(300)), read(30.0, Some(400))];
        assert_eq!(label(&[first.clone(), second.clone(), read(95.0, None)]), "Postgres (PSS)");
        assert_eq!(label(&[first.clone(), second.clone(), read(96.0, None)]), "Postgres", "it stopped");
        assert_eq!(label(&[first.clone(), second, read(96.0, Some(400))]), "Postgres", "there is a gap");
        let gone = ResourceSample { at_s: 900.0, ..Default::default() };
        assert_eq!(
            label(&[first, read(60.0, Some(400)), gone]),
            "Postgres (PSS)",
            "there is no server to read"
        );
    }

    #[test]
    fn look_ups_are_those_of_each_reading() {
        let mut record = canonical::record("met");
        record.resources.truncate(2);
        for (reading, hits) in record.resources.iter_mut().zip([None, Some(98.5)]) {
            let redis = reading.redis.as_mut().unwrap();
            (redis.keyspace_hits_per_s, redis.keyspace_misses_per_s) = (hits, Some(2.0));
        }
        let lines: Vec<String> = look_ups(&record).iter().map(shown).collect();
        assert_eq!(lines, ["hits [null,98.5]", "misses [2,2]"]);
    }

    #[test]
    fn what_was_not_read_has_no_chart() {
        let mut record = canonical::record("met");
        record.resources = vec![ResourceSample { at_s: 1.0, ..Default::default() }];
        assert!(charts(&record).is_empty());
    }
}
