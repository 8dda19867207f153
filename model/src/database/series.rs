//! Statements second by second, for attribution to the requests of the same second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StatementCalls;

/// What ran between two readings that follow each other, about a second apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSecond {
    /// The earlier reading, in seconds since the moment the caller named, such as the start of the load.
    pub at_s: f64,
    /// From the earlier to the later reading, in seconds. Longer than a second where readings failed in between.
    pub elapsed_s: f64,
    /// Statements that were called, by key.
    pub calls: Vec<StatementCalls>,
}
