//! Objectives and what became of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Expression, Subject, Verdict};

/// How much missing an objective matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the four words say it")]
pub enum Criticality {
    Low,
    Medium,
    High,
    Critical,
}

/// An objective on an indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slo {
    /// All steps together, or one step.
    pub subject: Subject,
    /// What must hold.
    pub expect: Expression,
    /// How much missing it matters.
    pub criticality: Criticality,
    /// Whether missing it for certain ends the run early.
    #[serde(default)]
    pub abort: bool,
}

/// Something that must not happen while a scenario runs.
///
/// Quantiles of response time and `error_rate` raise a flag with any ten bad seconds. All other indicators, such as
/// `server_error_rate` and those of resources, raise one only over the judged part of the run as a whole: the time
/// line does not keep failures by kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RedFlag {
    /// All steps together, or one step.
    pub subject: Subject,
    /// What raises the flag.
    pub when: Expression,
}

/// An objective with what was measured and the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloResult {
    /// The objective.
    pub slo: Slo,
    /// What was measured, in the unit of the objective; absent when there was nothing to measure.
    pub measured: Option<f64>,
    /// How many requests (or samples, for resources) `measured` rests on.
    pub sample_count: u64,
    /// What follows.
    pub verdict: Verdict,
    /// Of an objective that is violated: the id of the recommendation that would help it most. Absent where none is known to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<String>,
}
