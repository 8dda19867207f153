//! What is measured beside a load to tell what the time of its requests is made of.

use std::time::Instant;

use aforo_model::ResourceSample;
use aforo_model::database::{ActivityWindow, Skipped, StatementWindow, WindowGap};
use aforo_profiles::{
    ActivityWatch, CommandReader, CommandSnapshot, CommandTime, DatabaseError, Notice, StatementReader,
    StatementSnapshot,
};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::database_watch::ended;
use crate::step_load::SecondCount;
use crate::target::Target;

mod assemble;
#[cfg(test)]
mod tests;

pub(crate) use assemble::target_cpu_s;

/// What was measured while a load ran, as totals over one window. What could not be read is absent, and named in `unread`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WallInputs {
    /// Requests that ended in the window: of all steps that were sent, because nothing below can be told apart by step.
    pub requests: u64,
    /// Mean response time of the same steps, failed requests included, µs.
    pub mean_response_time_us: f64,
    /// How long the window was, seconds.
    pub elapsed_s: f64,
    /// CPU time of the target's processes, seconds.
    pub cpu_s: Option<f64>,
    /// How long the target's threads were ready to run and waited for a core, summed, seconds.
    pub run_queue_delay_s: Option<f64>,
    /// Time that Postgres planned and executed statements sent by clients other than Aforo, in the target's database,
    /// summed, ms.
    pub statement_time_ms: Option<f64>,
    /// Sessions of the same clients that were active, times how long, by samples, seconds.
    pub active_session_s: Option<f64>,
    /// Time of Redis' commands, summed, µs. What runs in a script or a transaction counts as itself and in it, so that this
    /// is the most it can have been.
    pub redis_time_us: Option<u64>,
    /// Redis' commands, the longest in time first, Aforo's own left out. Empty where they could not be read.
    pub redis_commands: Vec<CommandTime>,
    /// What could not be read, and why.
    pub unread: Vec<Skipped>,
}

/// The watch of the servers behind a target, connected and ready to begin.
#[derive(Debug, Default)]
pub(crate) struct WallWatch {
    statements: Option<StatementReader>,
    activity: Option<ActivityWatch>,
    commands: Option<CommandReader>,
    unread: Vec<Skipped>,
}

/// What a [`WallWatch`] saw.
#[derive(Debug)]
pub(crate) struct WallReadings {
    from: Instant,
    to: Instant,
    statement_time_ms: Option<f64>,
    active_session_s: Option<f64>,
    commands: Option<Vec<CommandTime>>,
    unread: Vec<Skipped>,
}

/// The load that a [`WallReadings`] is put beside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatchedLoad<'a> {
    pub(crate) seconds: &'a [SecondCount],
    pub(crate) mean_response_time_us: f64,
    pub(crate) resources: &'a [ResourceSample],
}

impl WallWatch {
    /// Connects to the servers that are known.
    pub(crate) async fn connect(target: &Target) -> Self {
        let mut watch = Self::default();
        match &target.database_url {
            Some(url) => {
                watch.statements = watch.or_skip("statements", StatementReader::connect(url).await);
                watch.activity = watch.or_skip("activity", ActivityWatch::start(url).await);
            }
            None => watch.skip(
                "statements",
                "no database is named",
                "name it with --database-url, if the target has one",
            ),
        }
        match &target.redis_url {
            Some(url) => match CommandReader::connect(url).await {
                Ok(reader) => watch.commands = Some(reader),
                Err(notice) => watch.unread.push(of_redis(notice)),
            },
            None => watch.skip(
                "redis-commands",
                "no Redis is named",
                "name it with --redis-url, if the target has one",
            ),
        }
        watch
    }

    /// Reads at `from`, then until `stop`, and a last time then. Where `stop` comes first there is nothing to tell.
    pub(crate) async fn run(mut self, from: Instant, stop: CancellationToken) -> WallReadings {
        tokio::select! {
            biased;
            () = stop.cancelled() => return WallReadings::nothing(from, self.unread),
            () = tokio::time::sleep_until(from.into()) => {}
        }
        let (statements, commands) =
            tokio::join!(first(self.statements.as_mut()), first_commands(self.commands.as_mut()));
        let before = statements.and_then(|read| self.or_skip("statements", read));
        let commands_before =
            commands.and_then(|read| read.map_err(|notice| self.unread.push(of_redis(notice))).ok());
        let stop_activity = stop.child_token();
        let activity = self.activity.take().map(|watch| tokio::spawn(watch.run_until(stop_activity)));
        let from = Instant::now();
        stop.cancelled().await;
        let to = Instant::now();
        let active_session_s = self.active_session_s(activity, (to - from).as_secs_f64()).await;
        let (statement_time_ms, commands) = tokio::join!(
            statement_time_ms(self.statements.as_mut(), before.as_ref()),
            commands_since(self.commands.as_mut(), commands_before.as_ref()),
        );
        let statement_time_ms = statement_time_ms.and_then(|read| self.or_skip("statements", read));
        let commands =
            commands.and_then(|read| read.map_err(|notice| self.unread.push(of_redis(notice))).ok());
        WallReadings { from, to, statement_time_ms, active_session_s, commands, unread: self.unread }
    }

    async fn active_session_s(
        &mut self,
        watch: Option<JoinHandle<Result<ActivityWindow, DatabaseError>>>,
        elapsed_s: f64,
    ) -> Option<f64> {
        let window = ended("activity", watch, &mut self.unread).await?;
        if window.hidden_sessions > 0 {
            self.skip(
                "activity",
                "the role does not see what sessions of other roles do",
                "let it see them: GRANT pg_monitor TO the role of --database-url",
            );
            return None;
        }
        mean_active_sessions(&window).map(|mean| mean * elapsed_s)
    }

    fn or_skip<T>(&mut self, what: &str, read: Result<T, DatabaseError>) -> Option<T> {
        read.map_err(|error| self.unread.push(error.into_skipped(what))).ok()
    }

    fn skip(&mut self, what: &str, why: &str, remedy: &str) {
        self.unread.push(Skipped { what: what.to_owned(), why: why.to_owned(), remedy: remedy.to_owned() });
    }
}

impl WallReadings {
    /// Of a watch that never began.
    pub(crate) fn nothing(at: Instant, unread: Vec<Skipped>) -> Self {
        Self { from: at, to: at, statement_time_ms: None, active_session_s: None, commands: None, unread }
    }

    /// Of a watch that ended by a panic.
    pub(crate) fn broken_off(at: Instant, panicked: &JoinError) -> Self {
        let unread = Skipped {
            what: "servers".to_owned(),
            why: format!("watching them broke off: {panicked}"),
            remedy: "report this as a bug in Aforo".to_owned(),
        };
        Self::nothing(at, vec![unread])
    }
}

async fn first(reader: Option<&mut StatementReader>) -> Option<Result<StatementSnapshot, DatabaseError>> {
    Some(reader?.snapshot().await)
}

async fn first_commands(reader: Option<&mut CommandReader>) -> Option<Result<CommandSnapshot, Notice>> {
    Some(reader?.snapshot().await)
}

async fn commands_since(
    reader: Option<&mut CommandReader>,
    before: Option<&CommandSnapshot>,
) -> Option<Result<Vec<CommandTime>, Notice>> {
    let (reader, before) = (reader?, before?);
    Some(reader.snapshot().await.map(|after| before.until(&after)))
}

/// Time of statements since `before`; an error where some of it is known to be missing.
async fn statement_time_ms(
    reader: Option<&mut StatementReader>,
    before: Option<&StatementSnapshot>,
) -> Option<Result<f64, DatabaseError>> {
    let (reader, before) = (reader?, before?);
    let read = async {
        let after = reader.snapshot().await?;
        let window = reader.window(before, &after).await?;
        match reader.hidden(&window).or_else(|| torn(&window)) {
            Some(missing) => Err(DatabaseError::Unreadable(missing)),
            None => Ok(time_ms(&window)),
        }
    };
    Some(read.await)
}

/// What statements took that clients sent; those that ran inside of them are in their time.
fn time_ms(window: &StatementWindow) -> f64 {
    let sent = window.statements.iter().filter(|statement| statement.key.is_top_level);
    sent.map(|statement| statement.counters.exec_time_ms + statement.counters.plan_time_ms).sum()
}

fn torn(window: &StatementWindow) -> Option<Skipped> {
    let why = window.gaps.iter().find_map(|gap| match gap {
        WindowGap::Reset => Some("somebody reset the counters of statements meanwhile".to_owned()),
        WindowGap::Restarted => Some("the server was restarted meanwhile".to_owned()),
        WindowGap::Evicted { evictions } => {
            Some(format!("the counters of {evictions} statements were evicted to make room for others"))
        }
        WindowGap::TextsHidden { .. } => None,
    })?;
    let remedy = match window.gaps.iter().any(|gap| matches!(gap, WindowGap::Evicted { .. })) {
        true => "raise pg_stat_statements.max",
        false => "measure again while nobody does that",
    };
    Some(Skipped { what: "statements".to_owned(), why, remedy: remedy.to_owned() })
}

/// Active sessions on average over all readings; none without a reading.
fn mean_active_sessions(window: &ActivityWindow) -> Option<f64> {
    let sightings: u64 = window.waits.iter().map(|wait| wait.sightings).sum();
    (window.readings > 0).then(|| sightings as f64 / window.readings as f64)
}

fn of_redis(notice: Notice) -> Skipped {
    Skipped { what: "redis-commands".to_owned(), why: notice.why, remedy: notice.remedy }
}
