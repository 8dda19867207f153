//! The target's Postgres while load runs: statements by second, what sessions wait for, and how many rows tables get.

use std::collections::BTreeMap;
use std::time::Instant;

use aforo_model::LoadSecond;
use aforo_model::database::{ActivityWindow, LoadSlice, Skipped, StatementSecond, TableWriteWindow};
use aforo_profiles::{ActivityWatch, DatabaseError, StatementSeries, StatementWatch, TableWriteWatch};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::analysis::Watched;

/// A watch that goes on in the background.
#[derive(Debug)]
pub(crate) struct DatabaseWatch {
    /// What the seconds of statements are counted from.
    origin: Instant,
    /// Ends the watch when it is dropped; nothing once it was closed.
    stop: Option<DropGuard>,
    statements: Option<JoinHandle<Result<StatementSeries, DatabaseError>>>,
    activity: Option<JoinHandle<Result<ActivityWindow, DatabaseError>>>,
    table_writes: Option<JoinHandle<Result<TableWriteWindow, DatabaseError>>>,
    skipped: Vec<Skipped>,
}

/// Requests that ended in each second of a load, by step.
#[derive(Debug, Default)]
pub(crate) struct RequestSeconds {
    seconds: BTreeMap<u32, BTreeMap<String, u64>>,
}

impl DatabaseWatch {
    /// Takes the first reading; what cannot be watched is named in what [`finish`](Self::finish) gives.
    pub(crate) async fn start(database_url: &str) -> Self {
        let origin = Instant::now();
        let stop = CancellationToken::new();
        let mut skipped = Vec::new();
        let statements = match StatementWatch::start(database_url, origin).await {
            Ok(watch) => Some(tokio::spawn(watch.run_until(stop.clone()))),
            Err(error) => {
                skipped.push(error.into_skipped("statements"));
                None
            }
        };
        let activity = match ActivityWatch::start(database_url).await {
            Ok(watch) => Some(tokio::spawn(watch.run_until(stop.clone()))),
            Err(error) => {
                skipped.push(error.into_skipped("activity"));
                None
            }
        };
        let table_writes = match TableWriteWatch::start(database_url).await {
            Ok(watch) => Some(tokio::spawn(watch.run_until(stop.clone()))),
            Err(error) => {
                skipped.push(error.into_skipped("table-writes"));
                None
            }
        };
        Self { origin, stop: Some(stop.drop_guard()), statements, activity, table_writes, skipped }
    }

    /// Lets every part take its last reading now, so that what comes between the load and [`finish`](Self::finish) is not in the window.
    /// It does not wait for them.
    pub(crate) fn close(&mut self) {
        self.stop = None;
    }

    /// Stops, and puts what was seen beside the requests of a load that began at `started`.
    pub(crate) async fn finish(self, started: Instant, requests: &RequestSeconds) -> Watched {
        drop(self.stop);
        let mut watched = Watched { skipped: self.skipped, ..Watched::default() };
        if let Some(series) = ended("statements", self.statements, &mut watched.skipped).await {
            let started_s = started.saturating_duration_since(self.origin).as_secs_f64();
            watched.slices = requests.beside(&series.seconds, started_s);
            watched.requests = Some(requests.total());
            watched.statements = Some(series.window);
        }
        watched.activity = ended("activity", self.activity, &mut watched.skipped).await;
        watched.table_writes = ended("table-writes", self.table_writes, &mut watched.skipped).await;
        watched
    }
}

/// What a watch has seen when it ends; nothing, and the reason among `skipped`, where it failed.
pub(crate) async fn ended<T>(
    what: &str,
    watch: Option<JoinHandle<Result<T, DatabaseError>>>,
    skipped: &mut Vec<Skipped>,
) -> Option<T> {
    match watch?.await {
        Ok(Ok(seen)) => return Some(seen),
        Ok(Err(error)) => skipped.push(error.into_skipped(what)),
        Err(panicked) => skipped.push(Skipped {
            what: what.to_owned(),
            why: format!("watching it broke off: {panicked}"),
            remedy: "report this as a bug in Aforo".to_owned(),
        }),
    }
    None
}

impl RequestSeconds {
    /// Takes in a second.
    pub(crate) fn add(&mut self, second: &LoadSecond) {
        let requests = second.steps.iter().map(|(step, seen)| (step.clone(), seen.requests));
        self.seconds.insert(second.second, requests.collect());
    }

    fn total(&self) -> u64 {
        self.seconds.values().flat_map(BTreeMap::values).sum()
    }

    /// Every slice of statements with the requests of the same time. The edges do not fall on those of the load's
    /// seconds, which began `started_s` later; a second across an edge is split by its share.
    fn beside(&self, statements: &[StatementSecond], started_s: f64) -> Vec<LoadSlice> {
        let slice = |second: &StatementSecond| {
            let from_s = second.at_s - started_s;
            LoadSlice {
                elapsed_s: second.elapsed_s,
                requests: self.between(from_s, from_s + second.elapsed_s),
                calls: second.calls.clone(),
            }
        };
        statements.iter().map(slice).collect()
    }

    fn between(&self, from_s: f64, to_s: f64) -> BTreeMap<String, u64> {
        let mut requests: BTreeMap<String, f64> = BTreeMap::new();
        let (first, last) = (from_s.max(0.0).floor() as u32, to_s.max(0.0).ceil() as u32);
        for (second, steps) in self.seconds.range(first..last.max(first)) {
            let begin_s = f64::from(*second);
            let share = (to_s.min(begin_s + 1.0) - from_s.max(begin_s)).clamp(0.0, 1.0);
            for (step, count) in steps {
                *requests.entry(step.clone()).or_default() += share * *count as f64;
            }
        }
        requests.into_iter().map(|(step, count)| (step, count.round() as u64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use aforo_model::StepSecond;
    use aforo_sandbox::{Postgres, PostgresOptions};
    use sqlx::{Connection, Executor, PgConnection};

    fn requests(counts: &[u64]) -> RequestSeconds {
        let mut requests = RequestSeconds::default();
        for (second, count) in (0..).zip(counts) {
            let step = StepSecond { requests: *count, ..StepSecond::default() };
            let steps = [("list".to_owned(), step)].into();
            requests.add(&LoadSecond { second, steps, ..LoadSecond::default() });
        }
        requests
    }

    fn seen(requests: &RequestSeconds, started_s: f64, at_s: &[f64]) -> Vec<u64> {
        let seconds: Vec<StatementSecond> = at_s
            .iter()
            .map(|at_s| StatementSecond { at_s: *at_s, elapsed_s: 1.0, calls: Vec::new() })
            .collect();
        let slices = requests.beside(&seconds, started_s);
        slices.iter().map(|slice| slice.requests.get("list").copied().unwrap_or_default()).collect()
    }

    #[test]
    fn seconds_of_statements_get_the_requests_of_the_same_time() {
        let requests = requests(&[10, 20, 30]);
        assert_eq!(requests.total(), 60);
        assert_eq!(seen(&requests, 0.0, &[0.0, 1.0, 2.0]), [10, 20, 30]);
        assert_eq!(seen(&requests, 2.0, &[0.0, 1.0, 2.0, 3.0]), [0, 0, 10, 20]);
    }

    #[tokio::test]
    async fn what_runs_after_the_window_was_closed_is_not_in_it() {
        let server = Postgres::start(PostgresOptions::default()).await.unwrap();
        if !server.has_statement_statistics() {
            return server.stop().await;
        }
        let mut client = PgConnection::connect(&server.url()).await.unwrap();
        client.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE stays (id int)").await.unwrap();
        let mut watch = DatabaseWatch::start(&server.url()).await;
        client.execute("INSERT INTO stays SELECT generate_series(1, 7)").await.unwrap();
        watch.close();
        let has_ended = |watch: &DatabaseWatch| {
            watch.statements.as_ref().is_some_and(JoinHandle::is_finished)
                && watch.table_writes.as_ref().is_some_and(JoinHandle::is_finished)
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !has_ended(&watch) {
            assert!(Instant::now() < deadline, "the last readings were not taken within 20 s");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // What a run does between its load and its analysis: reads Redis, ends the profile, rests.
        client.execute("SELECT count(*) FROM stays").await.unwrap();
        let watched = watch.finish(Instant::now(), &RequestSeconds::default()).await;
        assert_eq!(watched.skipped, []);
        let texts: Vec<String> = watched
            .statements
            .unwrap()
            .statements
            .into_iter()
            .filter_map(|statement| statement.text)
            .collect();
        assert!(texts.iter().any(|text| text.starts_with("INSERT INTO stays")), "{texts:?}");
        assert!(!texts.iter().any(|text| text.contains("count(*)")), "{texts:?}");
        assert!(watched.table_writes.is_some());
        server.stop().await;
    }

    #[test]
    fn a_second_across_an_edge_is_split() {
        // Statements are read 0.4 s after the load's own seconds begin.
        assert_eq!(seen(&requests(&[10, 20, 30]), 0.0, &[0.4, 1.4]), [14, 24]);
        assert_eq!(seen(&requests(&[]), 0.0, &[0.4]), [0]);
    }
}
