//! The three-valued outcome of a judgement.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a judgement says. No data is [`Verdict::Inconclusive`], never [`Verdict::Met`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence shows that the objective was reached.
    Met,
    /// The evidence shows that the objective was missed.
    Violated,
    /// The evidence does not carry a judgement.
    Inconclusive {
        /// What is missing or what spoils the evidence, as a sentence without a full stop.
        why: String,
    },
}

impl Verdict {
    /// `Inconclusive` with its reason.
    pub fn inconclusive(why: impl Into<String>) -> Self {
        Self::Inconclusive { why: why.into() }
    }
}
