//! Two readings of the counters, and what lies between them.

use std::collections::HashMap;

use aforo_model::cache::{CacheCounters, CommandCounters};
use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::counters::{self, Facts};
use super::error::{CacheError, Refusal};
use super::session::Session;

/// The first of two readings of a server's counters.
#[derive(Debug)]
pub struct CacheWatch {
    pub(super) began_at: DateTime<Utc>,
    began: Instant,
    run_id: Option<String>,
    before: Option<CacheCounters>,
}

impl CacheWatch {
    /// Reads the counters for the first time. A server that does not tell them has no window.
    ///
    /// # Errors
    /// [`CacheError`] when the server is not reached.
    pub async fn begin(url: &str) -> Result<Self, CacheError> {
        let mut session = Session::open(url).await?;
        let (began_at, began) = (Utc::now(), Instant::now());
        let facts = facts(&mut session).await.ok();
        Ok(Self {
            began_at,
            began,
            run_id: facts.as_ref().and_then(|facts| facts.run_id.clone()),
            before: facts.and_then(|facts| facts.counters),
        })
    }

    /// What was counted since the first reading. Counters that went back, or a server that was started again, count from
    /// zero.
    pub(super) fn until(&self, facts: &Facts) -> Option<CacheCounters> {
        let (before, after) = (self.before.as_ref()?, facts.counters.clone()?);
        let is_same_start = self.run_id == facts.run_id;
        let before = if is_same_start { before.clone() } else { CacheCounters::default() };
        Some(grown(&before, after, self.began.elapsed().as_secs_f64()))
    }
}

/// Asks for everything in `INFO`.
pub(super) async fn facts(session: &mut Session) -> Result<Facts, Refusal> {
    let text: String = session.ask(redis::cmd("INFO").arg("all")).await?;
    Ok(counters::parse(&text))
}

fn grown(before: &CacheCounters, after: CacheCounters, covered_s: f64) -> CacheCounters {
    let commands_before: HashMap<&str, &CommandCounters> =
        before.commands.iter().map(|line| (line.command.as_str(), line)).collect();
    let none = CommandCounters {
        command: String::new(),
        calls: 0,
        exec_time_us: 0,
        rejected_calls: 0,
        failed_calls: 0,
        p99_us: None,
    };
    let mut commands: Vec<CommandCounters> = after
        .commands
        .into_iter()
        .map(|line| {
            let before = commands_before.get(line.command.as_str()).copied().unwrap_or(&none);
            CommandCounters {
                calls: growth(before.calls, line.calls),
                exec_time_us: growth(before.exec_time_us, line.exec_time_us),
                rejected_calls: growth(before.rejected_calls, line.rejected_calls),
                failed_calls: growth(before.failed_calls, line.failed_calls),
                ..line
            }
        })
        .filter(|line| line.calls > 0 || line.rejected_calls > 0)
        .collect();
    counters::sort(&mut commands);
    let errors_before = before.errors.clone().unwrap_or_default();
    let error_growth = |(code, count): (String, u64)| {
        let grown = growth(errors_before.get(&code).copied().unwrap_or_default(), count);
        (grown > 0).then_some((code, grown))
    };
    CacheCounters {
        covered_s,
        is_window: true,
        keyspace_hits: growth(before.keyspace_hits, after.keyspace_hits),
        keyspace_misses: growth(before.keyspace_misses, after.keyspace_misses),
        evicted_keys: growth(before.evicted_keys, after.evicted_keys),
        expired_keys: growth(before.expired_keys, after.expired_keys),
        commands_processed: growth(before.commands_processed, after.commands_processed),
        rejected_connections: growth(before.rejected_connections, after.rejected_connections),
        errors: after.errors.map(|errors| errors.into_iter().filter_map(error_growth).collect()),
        commands,
    }
}

/// A counter that fell was reset: all that it shows is new.
fn growth(before: u64, after: u64) -> u64 {
    after.checked_sub(before).unwrap_or(after)
}
