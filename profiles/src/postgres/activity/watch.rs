//! Ten readings a second.

use std::time::Duration;

use aforo_model::database::ActivityWindow;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::blocking::{Blocking, Link, chains_sql};
use super::tally::{Group, Tally, groups_sql};
use crate::postgres::error::DatabaseError;
use crate::postgres::rights::Rights;
use crate::postgres::session::Session;
use crate::postgres::sessions;

/// Between two readings.
const PERIOD: Duration = Duration::from_millis(100);

/// Between two attempts to reach a server that is away.
const RETRY: Duration = Duration::from_secs(1);

const HAS_QUERY_ID: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute \
    WHERE attrelid = 'pg_catalog.pg_stat_activity'::regclass AND attname = 'query_id') AS has_query_id";

#[derive(Deserialize)]
struct Version {
    has_query_id: bool,
}

/// Watches what the sessions of one database do, ten times a second over a connection of its own.
#[derive(Debug)]
pub struct ActivityWatch {
    url: String,
    /// Nothing while the server is away.
    session: Option<Session>,
    /// When a server that is away is asked again.
    retry_at: Instant,
    rights: Rights,
    groups_sql: String,
    chains_sql: String,
    tally: Tally,
    blocking: Blocking,
}

impl ActivityWatch {
    /// Connects. Nothing is read yet.
    ///
    /// # Errors
    /// When the server is not reached or does not answer.
    pub async fn start(url: &str) -> Result<Self, DatabaseError> {
        let mut session = Session::open(url).await?;
        let rights = Rights::read(&mut session).await?;
        let Version { has_query_id } =
            session.value("whether sessions name their statements", HAS_QUERY_ID).await?;
        Ok(Self {
            url: url.to_owned(),
            session: Some(session),
            retry_at: Instant::now(),
            rights,
            groups_sql: groups_sql(has_query_id),
            chains_sql: chains_sql(has_query_id),
            tally: Tally::default(),
            blocking: Blocking::default(),
        })
    }

    /// Reads until `stop`. Readings that were due and did not come are counted; a server that is away is asked again
    /// every second.
    ///
    /// # Errors
    /// When there was no reading at all, and [`DatabaseError::Unreadable`] when there were sessions and the role may see
    /// none of them.
    pub async fn run_until(mut self, stop: CancellationToken) -> Result<ActivityWindow, DatabaseError> {
        let begin = Instant::now();
        let (mut first, mut last) = (None, begin);
        let mut failure = None;
        let mut ticks = interval_at(begin, PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            let now = Instant::now();
            match self.read(now).await {
                Ok(true) => {
                    first = first.or(Some(now));
                    last = now;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(%error, "no reading of sessions");
                    self.session = None;
                    self.retry_at = now + RETRY;
                    failure = Some(error);
                }
            }
        }
        let due = due(begin.elapsed());
        match (first, failure) {
            (None, Some(error)) => return Err(error),
            (_, _) if self.tally.saw_nothing() => {
                return Err(DatabaseError::Unreadable(sessions::unwatched(&self.rights)));
            }
            _ => {}
        }
        let missed_readings = due.saturating_sub(self.tally.readings());
        let elapsed_s = first.map_or(0.0, |first| (last - first).as_secs_f64());
        Ok(ActivityWindow {
            missed_readings,
            elapsed_s,
            blocking: self.blocking.into_chains(),
            ..self.tally.into_window()
        })
    }

    /// One reading; false while the server is away and not to be asked yet.
    async fn read(&mut self, now: Instant) -> Result<bool, DatabaseError> {
        const WHAT: &str = "what its sessions do";
        let mut session = match self.session.take() {
            Some(session) => session,
            None if now < self.retry_at => return Ok(false),
            None => Session::open(&self.url).await?,
        };
        let rows = session.rows(WHAT, &self.groups_sql).await?;
        let groups: Vec<Group> = rows
            .iter()
            .map(Group::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| DatabaseError::read(WHAT, &error))?;
        let links: Vec<Link> = match groups.iter().any(Group::waits_for_a_lock) {
            true => session.values("who blocks whom", &self.chains_sql).await?,
            false => Vec::new(),
        };
        self.session = Some(session);
        self.tally.see(&groups);
        self.blocking.see(&links, now);
        Ok(true)
    }
}

/// Readings due within a time, the first at once.
fn due(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis() / PERIOD.as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reading_is_due_at_once_and_then_ten_a_second() {
        assert_eq!(due(Duration::ZERO), 1);
        assert_eq!(due(Duration::from_millis(99)), 1);
        assert_eq!(due(Duration::from_millis(950)), 10);
    }
}
