//! Statements second by second while load runs.

use std::time::Duration;

use aforo_model::database::{StatementCalls, StatementSecond, StatementWindow};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::delta::between;
use super::reader::StatementReader;
use super::snapshot::StatementSnapshot;
use crate::postgres::error::DatabaseError;

/// Between two snapshots.
const PERIOD: Duration = Duration::from_secs(1);

/// Most seconds that are kept. Then neighbours are merged two by two, so that a run of hours takes no more memory than one of
/// minutes; attribution needs some hundreds.
const MOST_SECONDS: usize = 1200;

/// What ran while it was watched, as a whole and by second.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementSeries {
    /// From the first to the last snapshot.
    pub window: StatementWindow,
    /// Between each snapshot and the next, in order; of a run longer than 20 minutes, of some seconds each.
    pub seconds: Vec<StatementSecond>,
}

/// Watches the statements of one database. It costs the server one reading of counters a second.
#[derive(Debug)]
pub struct StatementWatch {
    url: String,
    /// Nothing while the server is away.
    reader: Option<StatementReader>,
    origin: Instant,
    first: StatementSnapshot,
    /// The last snapshot and when it came.
    last: (Instant, StatementSnapshot),
    seconds: Vec<StatementSecond>,
}

impl StatementWatch {
    /// Connects and takes the first snapshot, so that what runs afterwards is counted. Seconds are told since `origin`.
    ///
    /// # Errors
    /// As [`StatementReader::connect`].
    pub async fn start(url: &str, origin: std::time::Instant) -> Result<Self, DatabaseError> {
        let mut reader = StatementReader::connect(url).await?;
        let first = reader.snapshot().await?;
        let last = (Instant::now(), first.clone());
        let origin = Instant::from_std(origin);
        Ok(Self { url: url.to_owned(), reader: Some(reader), origin, first, last, seconds: Vec::new() })
    }

    /// Takes a snapshot every second until `stop`, and a last one then. A server that is away for a while is asked again
    /// every second; what ran meanwhile falls into one longer second.
    ///
    /// # Errors
    /// When the server is away at the end.
    pub async fn run_until(mut self, stop: CancellationToken) -> Result<StatementSeries, DatabaseError> {
        let mut ticks = interval_at(self.last.0 + PERIOD, PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.advance().await {
                tracing::debug!(%error, "no snapshot of the statements");
                self.reader = None;
            }
        }
        if self.advance().await.is_err() {
            // The connection may be the one that the server's restart ended.
            self.reader = None;
            self.advance().await?;
        }
        self.finish().await
    }

    async fn advance(&mut self) -> Result<(), DatabaseError> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => StatementReader::connect(&self.url).await?,
        };
        let snapshot = reader.snapshot().await?;
        self.reader = Some(reader);
        let now = Instant::now();
        let (then, before) = &self.last;
        let calls = between(before, &snapshot).statements.into_iter();
        self.seconds.push(StatementSecond {
            at_s: then.saturating_duration_since(self.origin).as_secs_f64(),
            elapsed_s: (now - *then).as_secs_f64(),
            calls: calls
                .map(|(key, counters)| StatementCalls {
                    key,
                    calls: counters.calls,
                    rows: counters.rows,
                    blocks: counters.shared_hit_blocks.saturating_add(counters.shared_read_blocks),
                    exec_time_ms: counters.exec_time_ms,
                })
                .collect(),
        });
        if self.seconds.len() >= MOST_SECONDS {
            self.seconds = merged_by_two(std::mem::take(&mut self.seconds));
        }
        self.last = (now, snapshot);
        Ok(())
    }

    async fn finish(self) -> Result<StatementSeries, DatabaseError> {
        let mut reader = match self.reader {
            Some(reader) => reader,
            None => StatementReader::connect(&self.url).await?,
        };
        let window = reader.window(&self.first, &self.last.1).await?;
        let own = reader.own_keys();
        let mut seconds = self.seconds;
        for second in &mut seconds {
            second.calls.retain(|statement| !own.contains(&statement.key));
        }
        Ok(StatementSeries { window, seconds })
    }
}

/// Every two neighbours as one.
fn merged_by_two(seconds: Vec<StatementSecond>) -> Vec<StatementSecond> {
    let mut merged: Vec<StatementSecond> = Vec::with_capacity(seconds.len().div_ceil(2));
    for (place, second) in seconds.into_iter().enumerate() {
        match merged.last_mut().filter(|_| place % 2 == 1) {
            Some(earlier) => earlier.absorb(second),
            None => merged.push(second),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::database::StatementKey;

    fn second(at_s: f64, calls: &[(i64, u64)]) -> StatementSecond {
        let of = |&(query_id, calls): &(i64, u64)| StatementCalls {
            key: StatementKey { role_oid: 10, database_oid: 5, query_id, is_top_level: true },
            calls,
            rows: 2 * calls,
            blocks: 3 * calls,
            exec_time_ms: calls as f64,
        };
        StatementSecond { at_s, elapsed_s: 1.0, calls: calls.iter().map(of).collect() }
    }

    #[test]
    fn neighbours_become_one_and_nothing_is_lost() {
        let seconds =
            vec![second(0.0, &[(1, 5), (2, 1)]), second(1.0, &[(2, 4), (3, 7)]), second(2.0, &[(1, 1)])];
        let merged = merged_by_two(seconds);
        let [first, last] = &merged[..] else { panic!("{merged:?}") };
        assert_eq!((first.at_s, first.elapsed_s, last.elapsed_s), (0.0, 2.0, 1.0));
        let calls: Vec<_> =
            first.calls.iter().map(|each| (each.key.query_id, each.calls, each.rows)).collect();
        assert_eq!(calls, [(1, 5, 10), (2, 5, 10), (3, 7, 14)]);
        assert!((first.calls[1].exec_time_ms - 5.0).abs() < 1e-9 && first.calls[1].blocks == 15);
    }
}
