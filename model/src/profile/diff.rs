//! Two profiles of the same step, one before and one after a change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Interval;

/// How the CPU of requests has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileDiff {
    /// What it is compared with: the earlier profile's folder or run.
    pub before: String,
    /// CPU of 1000 requests before, ms.
    pub before_cpu_ms: f64,
    /// CPU of 1000 requests after, ms.
    pub after_cpu_ms: f64,
    /// The functions whose own CPU changed most, the largest rise and fall first, at most twenty each way.
    pub functions: Vec<FunctionChange>,
    /// Where the differential flame graph lies, relative to the folder of the later profile.
    pub flame_graph: Option<String>,
}

/// How one function's own CPU has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionChange {
    /// Its name.
    pub function: String,
    /// Its own CPU in 1000 requests before, ms.
    pub before_cpu_ms: f64,
    /// Its own CPU in 1000 requests after, ms.
    pub after_cpu_ms: f64,
    /// After less before, ms, with the interval that the counts of samples allow.
    pub change_ms: Interval,
    /// Whether it is told from noise at 5 %, over all functions together (Holm).
    pub is_significant: bool,
}
