//! Which step causes which statement, as seen under load.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StatementDelta, StatementKey, StatementStep};
use crate::{Answer, Interval};

/// What one statement did in a short window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCalls {
    /// Which row of `pg_stat_statements` it is.
    pub key: StatementKey,
    /// Executions.
    pub calls: u64,
    /// Rows returned or changed.
    pub rows: u64,
    /// Blocks of tables and indexes touched, in shared buffers or outside.
    pub blocks: u64,
    /// Time in the executor, summed.
    pub exec_time_ms: f64,
}

impl From<&StatementDelta> for StatementCalls {
    fn from(delta: &StatementDelta) -> Self {
        let counters = &delta.counters;
        Self {
            key: delta.key,
            calls: counters.calls,
            rows: counters.rows,
            blocks: counters.shared_hit_blocks.saturating_add(counters.shared_read_blocks),
            exec_time_ms: counters.exec_time_ms,
        }
    }
}

/// A slice of a run: what was asked of the target, and what its database did meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSlice {
    /// Its length, in seconds.
    pub elapsed_s: f64,
    /// Requests that ended in it, by step.
    pub requests: BTreeMap<String, u64>,
    /// Statements with at least one call in it.
    pub calls: Vec<StatementCalls>,
}

/// Calls of every statement split among the steps of a load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attribution {
    /// Slices that were compared.
    pub slice_count: u32,
    /// How well the steps can be told apart: 1 where each varied by itself, large where they rose and fell together.
    pub condition_number: f64,
    /// By calls, the most first.
    pub statements: Vec<AttributedStatement>,
}

/// One statement, split among steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttributedStatement {
    /// Identity of the normalized text.
    pub fingerprint: String,
    /// The normalized text, as far as it may be read.
    pub text: Option<String>,
    /// Whether a client sent it, as opposed to a function or a trigger.
    pub is_top_level: bool,
    /// Calls in all slices.
    pub calls: u64,
    /// Who causes it; absent where the requests do not explain it.
    pub causes: Answer<StatementCauses>,
}

/// Who causes a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementCauses {
    /// The steps with calls of it, the one that makes most of all calls first.
    pub steps: Vec<StatementStep>,
    /// Calls per second that no step explains.
    pub background_per_s: Interval,
    /// Share of the variation of calls that is explained, 0–1.
    pub r_squared: f64,
}
