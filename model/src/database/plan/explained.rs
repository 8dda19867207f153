//! What came of asking for the plan of a statement.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::Finding;

/// How a plan was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExplainKind {
    /// For parameters of any value, by `GENERIC_PLAN` (Postgres 16 and later).
    Generic,
    /// For parameters of any value, through a prepared statement whose generic plan is forced.
    ForcedGeneric,
    /// For the values given, not executed.
    WithValues,
    /// For the values given, executed.
    Analyzed,
}

/// One statement, and its plan or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedStatement {
    /// Identity of the statement, as the caller gave it.
    pub fingerprint: String,
    /// How its plan was asked for.
    pub kind: ExplainKind,
    /// What each parameter was, never its value: it may be private. Empty for generic plans.
    pub parameters: Vec<String>,
    /// Execution times of the runs behind an executed plan, the warming run left out; the plan is that of the median.
    pub execution_times_ms: Vec<f64>,
    /// Whether the statement's calls touched far fewer blocks than this plan would: then they ran with another one, as
    /// statements do whose constants the plan for any value does not know.
    #[serde(default)]
    pub is_contradicted: bool,
    /// Why it, or one of the draws of values, was not executed. Absent where nobody asked for that.
    #[serde(default)]
    pub not_executed: Option<NotExecuted>,
    /// What came of it.
    pub outcome: ExplainOutcome,
}

/// Why a statement was not executed, although that was asked for: its plan is the one for parameters of any value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotExecuted {
    /// The kind, to count by.
    pub kind: NotExecutedKind,
    /// What stands against it, as a sentence without a full stop.
    pub why: String,
}

/// Kinds of reasons why a statement is planned but not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotExecutedKind {
    /// It is not proven to change nothing.
    NotReadOnly,
    /// The planner's statistics hold no values for its parameters.
    NoValues,
    /// The time for executing statements was used up.
    Budget,
    /// It was tried, and Postgres refused or broke it off.
    Refused,
}

/// A plan, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExplainOutcome {
    /// The plan.
    Planned(Box<Plan>),
    /// Why there is none.
    NotExplained(ExplainObstacle),
}

/// Why a statement was not explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainObstacle {
    /// The kind, to count by.
    pub kind: ObstacleKind,
    /// What happened, as a sentence without a full stop.
    pub why: String,
    /// What would let it be explained.
    pub remedy: String,
}

/// Kinds of reasons why a statement is not explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObstacleKind {
    /// A utility statement (`VACUUM`, `BEGIN`, …), which has no plan.
    Utility,
    /// More than one statement in one text.
    SeveralStatements,
    /// The text is hidden from the role.
    HiddenText,
    /// Not a whole statement: cut off, or from inside a function.
    Syntax,
    /// Types of parameters that do not follow from the text.
    ParameterTypes,
    /// Values that do not fit the parameters.
    ParameterValues,
    /// A table, column, function or schema that is not found.
    UnknownName,
    /// A right the role lacks.
    NoRight,
    /// It would write.
    Writes,
    /// It took longer than allowed.
    Timeout,
    /// Another session held a lock for longer than Aforo waits.
    Locked,
    /// The connection failed.
    Connection,
    /// Postgres' answer was not understood.
    Answer,
    /// Anything else that Postgres refused.
    Refused,
}

/// A finding, and the node of the plan it speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanFinding {
    /// The number of the child at each level below the root; empty for the root and for the statement as a whole.
    pub node: Vec<usize>,
    /// What was found.
    pub finding: Finding,
}
