//! How a scenario's steps are asked alone, to see what the database does for each item of an answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What holds for the probe of every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeSettings {
    /// Items of a page in production. What a statement costs per item is projected to it.
    pub production_page_size: u32,
}

impl ProbeSettings {
    /// Whether nothing was said.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ProbeSettings {
    /// 50 items, what APIs give where no page size is asked for, as a rule.
    fn default() -> Self {
        Self { production_page_size: 50 }
    }
}

/// What a step says about being asked alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepProbe {
    /// Whether it is left out, such as a `GET` that writes.
    #[serde(default)]
    pub skip: bool,
    /// The query parameter that takes the page size, where its name does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<String>,
    /// The query parameter that takes the offset or the number of the page, where its name does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// Values of variables for the probe, in place of those that the journey gives them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, ProbeValues>,
}

/// Where the probe takes the values of a variable from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeValues {
    /// One of these after the other.
    List(Vec<String>),
    /// A template, filled for each request.
    Template(String),
    /// The answers of another step that only reads.
    Answers {
        /// The step.
        step: String,
        /// JSON pointer (RFC 6901) into its answer. A `*` in place of an index picks an element at random.
        pointer: String,
    },
}
