//! What the database did for one request: what it did meanwhile, without what it does anyway.

use std::collections::BTreeMap;

use aforo_model::database::{ProbeBackground, ProbeReading, StatementCalls, StatementKey};

use crate::statements::Identities;

/// Work of one statement.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Work {
    pub(super) calls: f64,
    pub(super) rows: f64,
    pub(super) blocks: f64,
    pub(super) exec_time_ms: f64,
}

impl Work {
    fn add(&mut self, other: Work, factor: f64) {
        self.calls += factor * other.calls;
        self.rows += factor * other.rows;
        self.blocks += factor * other.blocks;
        self.exec_time_ms += factor * other.exec_time_ms;
    }
}

/// Work of every statement in one reading, by the statement's number; once as it was read, once without the background.
pub(super) struct ReadingWork<'a> {
    pub(super) reading: &'a ProbeReading,
    pub(super) raw: Vec<Work>,
    pub(super) net: Vec<Work>,
}

/// The work of every reading.
pub(super) fn work_of<'a>(
    readings: &[&'a ProbeReading],
    background: &ProbeBackground,
    texts: &BTreeMap<StatementKey, String>,
    identities: &mut Identities,
) -> Vec<ReadingWork<'a>> {
    let mut number = |key: StatementKey| identities.index_of(key, texts.get(&key).map(String::as_str));
    let per_second = by_statement(&background.calls, &mut number);
    let raw: Vec<Vec<Work>> =
        readings.iter().map(|reading| by_statement(&reading.calls, &mut number)).collect();
    let count = identities.statements().len();
    let seconds = |watched_s: f64| {
        let factor = watched_s / background.elapsed_s;
        if factor.is_finite() { factor } else { 0.0 }
    };
    std::iter::zip(readings, raw)
        .map(|(reading, mut raw)| {
            raw.resize(count, Work::default());
            let mut net = raw.clone();
            for (work, background) in std::iter::zip(&mut net, &per_second) {
                work.add(*background, -seconds(reading.watched_s));
            }
            ReadingWork { reading, raw, net }
        })
        .collect()
}

fn by_statement(calls: &[StatementCalls], number: &mut impl FnMut(StatementKey) -> usize) -> Vec<Work> {
    let mut work: Vec<Work> = Vec::new();
    for statement in calls {
        let at = number(statement.key);
        if at >= work.len() {
            work.resize(at + 1, Work::default());
        }
        let one = Work {
            calls: statement.calls as f64,
            rows: statement.rows as f64,
            blocks: statement.blocks as f64,
            exec_time_ms: statement.exec_time_ms,
        };
        work[at].add(one, 1.0);
    }
    work
}
