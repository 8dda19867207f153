//! Statements as `pg_stat_statements` counts them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Identity of a row of `pg_stat_statements`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StatementKey {
    /// Oid of the role that ran it.
    pub role_oid: u32,
    /// Oid of the database it ran in.
    pub database_oid: u32,
    /// Postgres' own identity of the normalized statement.
    pub query_id: i64,
    /// Whether a client sent it, as opposed to a function or a trigger. True before Postgres 14, which does not tell.
    pub is_top_level: bool,
}

/// Counters of one statement: a reading since the last reset, or the difference of two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCounters {
    /// Executions.
    pub calls: u64,
    /// Time in the executor, summed.
    pub exec_time_ms: f64,
    /// Time in the planner, summed; zero unless `pg_stat_statements.track_planning` is on.
    pub plan_time_ms: f64,
    /// Rows returned or changed.
    pub rows: u64,
    /// Blocks of tables and indexes found in shared buffers.
    pub shared_hit_blocks: u64,
    /// Blocks of tables and indexes read from outside shared buffers.
    pub shared_read_blocks: u64,
    /// Blocks dirtied.
    pub shared_dirtied_blocks: u64,
    /// Blocks of temporary files read.
    pub temp_read_blocks: u64,
    /// Blocks of temporary files written.
    pub temp_written_blocks: u64,
    /// Time spent reading and writing blocks; zero unless `track_io_timing` is on.
    pub io_time_ms: f64,
    /// Bytes of write-ahead log.
    pub wal_bytes: u64,
    /// Time spent in just-in-time compilation (Postgres 15 and later).
    pub jit_time_ms: f64,
}

/// One statement in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementDelta {
    /// Which row it is.
    pub key: StatementKey,
    /// The normalized text, constants as `$n`; absent where the role may not read it.
    pub text: Option<String>,
    /// What it did in the window.
    pub counters: StatementCounters,
}

/// What makes a window of statements incomplete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WindowGap {
    /// Rows were evicted to make room: some statements may be missing, and some counted anew.
    Evicted {
        /// Evictions in the window (`pg_stat_statements_info.dealloc`).
        evictions: u64,
    },
    /// Somebody reset the counters in the window: what ran before the reset is missing.
    Reset,
    /// The server was restarted in the window.
    Restarted,
    /// The role does not see the text of some statements.
    TextsHidden {
        /// How many.
        statements: u64,
    },
}

/// What ran between two moments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementWindow {
    /// The earlier moment; absent where the counters are those since the last reset.
    pub from: Option<DateTime<Utc>>,
    /// The later moment.
    pub to: DateTime<Utc>,
    /// Between the two, in seconds; absent where the beginning is not known.
    pub elapsed_s: Option<f64>,
    /// Every statement with at least one call, in the order of execution time, the longest first.
    pub statements: Vec<StatementDelta>,
    /// Why it may be incomplete; empty when it is complete.
    pub gaps: Vec<WindowGap>,
    /// Whether statements inside functions are counted (`pg_stat_statements.track = all`).
    pub tracks_nested: bool,
}
