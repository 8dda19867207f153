//! Statements judged by what they cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StatementCounters, StatementKey};
use crate::Interval;

/// One statement over a window. Rows of `pg_stat_statements` that differ in the role, in constants or in the length of
/// lists are one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HotStatement {
    /// Identity of the normalized text; `id-…` with Postgres' own identity where the text is hidden.
    pub fingerprint: String,
    /// The normalized text, without constants; absent where the role may not read it.
    pub text: Option<String>,
    /// Whether a client sent it, as opposed to a function or a trigger.
    pub is_top_level: bool,
    /// The rows of `pg_stat_statements` it is made of.
    pub keys: Vec<StatementKey>,
    /// Their counters, summed.
    pub counters: StatementCounters,
    /// Share of the execution time of all statements that clients sent, 0–1. The time of a statement inside a function
    /// is also part of its caller's.
    pub share_of_time_ratio: f64,
    /// Execution time of a call.
    pub mean_ms: f64,
    /// Calls for each request of the load; absent where no load is known.
    pub calls_per_request: Option<f64>,
    /// Rows returned or changed by a call.
    pub rows_per_call: f64,
    /// Blocks of tables and indexes touched by a call, in shared buffers or outside.
    pub blocks_per_call: f64,
    /// Blocks of temporary files written by a call.
    pub temp_blocks_per_call: f64,
    /// Write-ahead log of a call.
    pub wal_bytes_per_call: f64,
    /// The steps that cause it, the one with the most calls first; empty where that is not known.
    pub steps: Vec<StatementStep>,
    /// Whether its mean is above the threshold for the list (R5.1: 50 ms).
    pub is_listed: bool,
    /// Whether its mean is above the threshold for slow (R5.1: 500 ms).
    pub is_slow: bool,
    /// Why it is no work of the application's own, such as `transaction` or `session-set-up`; absent where it is.
    pub noise: Option<String>,
}

/// How often a step causes a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementStep {
    /// The step.
    pub step: String,
    /// Calls for each request of the step.
    pub calls_per_request: Interval,
}
