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

/// What ran while it was watched, as a whole and by second.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementSeries {
    /// From the first to the last snapshot.
    pub window: StatementWindow,
    /// Between each snapshot and the next, in order.
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
