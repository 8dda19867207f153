//! Plans as `EXPLAIN (FORMAT JSON)` writes them.
//!
//! Names in JSON are Postgres' own, so that a saved plan can be opened in any viewer of plans. Fields and node types that are
//! not known are passed over: a newer Postgres has more of them.

mod explained;
mod node;
#[cfg(test)]
mod tests;
mod visit;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use explained::{
    ExplainKind, ExplainObstacle, ExplainOutcome, ExplainedStatement, NotExecuted, NotExecutedKind,
    ObstacleKind, PlanFinding,
};
pub use node::{Blocks, IncrementalSortGroups, IncrementalSortSpace, PlanNode, PlanWorker};
pub use visit::PlanVisit;

/// The plan of one statement: what the planner means to do and, where the statement was executed, what happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Plan {
    /// The uppermost node.
    #[serde(rename = "Plan")]
    pub root: PlanNode,
    /// Settings that shape plans and are not as Postgres ships them, by name.
    #[serde(rename = "Settings", skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// Time to plan it.
    #[serde(rename = "Planning Time", skip_serializing_if = "Option::is_none")]
    pub planning_time_ms: Option<f64>,
    /// Time to execute it, with just-in-time compilation and triggers, without planning.
    #[serde(rename = "Execution Time", skip_serializing_if = "Option::is_none")]
    pub execution_time_ms: Option<f64>,
    /// Just-in-time compilation, where it took place.
    #[serde(rename = "JIT", skip_serializing_if = "Option::is_none")]
    pub jit: Option<Jit>,
    /// Triggers that fired.
    #[serde(rename = "Triggers", skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<PlanTrigger>,
}

/// Just-in-time compilation of one statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Jit {
    /// Functions compiled.
    #[serde(rename = "Functions")]
    pub functions: u64,
    /// What it took.
    #[serde(rename = "Timing", skip_serializing_if = "Option::is_none")]
    pub timing: Option<JitTiming>,
}

/// Time of just-in-time compilation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JitTiming {
    /// All parts of it together.
    #[serde(rename = "Total")]
    pub total_ms: f64,
}

/// A trigger that fired.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlanTrigger {
    /// Its name.
    #[serde(rename = "Trigger Name")]
    pub name: String,
    /// The constraint it keeps, for those behind foreign keys.
    #[serde(rename = "Constraint Name", skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Its table.
    #[serde(rename = "Relation")]
    pub relation: String,
    /// Time in it, summed.
    #[serde(rename = "Time", skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<f64>,
    /// Times it fired.
    #[serde(rename = "Calls")]
    pub calls: f64,
}

/// Why a text is not the answer to `EXPLAIN (FORMAT JSON)`.
#[derive(Debug, Error)]
pub enum PlanError {
    /// It is not JSON, is nested more than some 60 nodes deep, or a field holds what it cannot hold.
    #[error("this is not a plan in JSON: {0}; use EXPLAIN (FORMAT JSON)")]
    Malformed(#[from] serde_json::Error),
    /// It is JSON without a plan in it: the answer for a utility statement, or for one that a rule turned into nothing.
    #[error("Postgres answered without a plan, as it does for utility statements; explain a query instead")]
    NoPlan,
}

impl Plan {
    /// Reads the answer to `EXPLAIN (FORMAT JSON)`. Where a rule made several statements of one, the first that has a plan.
    ///
    /// # Errors
    /// [`PlanError`] when there is no plan in it.
    pub fn from_explain_json(text: &str) -> Result<Self, PlanError> {
        // Through a tree: some versions write a key twice in one object, which only a tree forgives.
        let answer: serde_json::Value = serde_json::from_str(text)?;
        let statements = match answer {
            serde_json::Value::Array(statements) => statements,
            single => vec![single],
        };
        let planned = statements.into_iter().find(|statement| statement.get("Plan").is_some());
        Ok(serde_json::from_value(planned.ok_or(PlanError::NoPlan)?)?)
    }

    /// The answer to `EXPLAIN (FORMAT JSON)` again, with the fields known here, for other viewers of plans.
    ///
    /// # Errors
    /// Never for a plan that was read; a made-up one may hold what JSON has no word for.
    pub fn to_explain_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&[self])
    }

    /// The node at a path: the number of the child at each level below the root.
    pub fn node(&self, path: &[usize]) -> Option<&PlanNode> {
        path.iter().try_fold(&self.root, |node, &child| node.plans.get(child))
    }
}
