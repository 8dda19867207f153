//! What a check concludes from the evidence.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a judgement or a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum Subject {
    /// All steps together.
    Total,
    /// One step, by name.
    Step(String),
    /// A part of the system that is not a step: `generator`, `target`, `postgres`, `redis`, `record`.
    Part(String),
    /// One SQL statement, by fingerprint.
    Statement(String),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Total => formatter.write_str("total"),
            Self::Step(name) | Self::Part(name) | Self::Statement(name) => formatter.write_str(name),
        }
    }
}

/// How much a finding matters to users, not how certain it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will hurt at some load, or weakens the measurement.
    Warning,
    /// Hurts now, or voids the measurement.
    Critical,
}

/// One coded statement by one check about one subject, with the numbers it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Permanent kebab-case code of the check, such as `generator-saturated`.
    pub code: String,
    /// What it is about.
    pub subject: Subject,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub remedy: String,
    /// The numbers it rests on, by name with the unit last (`cpu_cores`, `p95_us`).
    pub numbers: BTreeMap<String, f64>,
}
