//! Figures that are estimated, and answers that may be missing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An estimate with the range in which the truth lies with a confidence of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The best single figure.
    pub estimate: f64,
    /// Lower end of the range.
    pub low: f64,
    /// Upper end of the range.
    pub high: f64,
}

impl Interval {
    /// The same in another unit. A negative factor would swap the ends, so it must not be negative.
    pub fn scaled(self, factor: f64) -> Self {
        Self { estimate: self.estimate * factor, low: self.low * factor, high: self.high * factor }
    }

    /// Whether the whole range lies on one side of zero.
    pub fn excludes_zero(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// What a run gives as the answer to a question, or why it gives none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer<T> {
    /// The answer.
    Found(T),
    /// There is none.
    Absent {
        /// What is missing, or what was seen instead, as a sentence without a full stop.
        why: String,
    },
}

impl<T> Answer<T> {
    /// No answer, with its reason.
    pub fn absent(why: impl Into<String>) -> Self {
        Self::Absent { why: why.into() }
    }

    /// The answer, where there is one.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(answer) => Some(answer),
            Self::Absent { .. } => None,
        }
    }
}
