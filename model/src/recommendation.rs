//! What to do about what was found.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Interval, Subject};

/// An action with the findings behind it, its effect, effort and risk, how to apply it, how to undo it, and how to see that it worked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recommendation {
    /// The same in every run that advises the same: the kind and what it acts on, such as
    /// `create-index:public.reservations(status,check_in)`.
    pub id: String,
    /// What kind of action it is.
    pub kind: RecommendationKind,
    /// The action in the imperative, on one line.
    pub title: String,
    /// What is done, in one sentence.
    pub what: String,
    /// Why, in one sentence with the numbers that carry it.
    pub why: String,
    /// The findings it rests on; never empty.
    pub rests_on: Vec<FindingReference>,
    /// Statements it acts on, by fingerprint, the one with the most gain first.
    pub statements: Vec<String>,
    /// Endpoints it helps, the one with the most gain first; empty where that is not known.
    pub steps: Vec<String>,
    /// What to do, in order.
    pub actions: Vec<Action>,
    /// What it will do.
    pub effect: Effect,
    /// How much work it is.
    pub effort: Effort,
    /// How much can go wrong.
    pub risk: Risk,
    /// What can go wrong, in one sentence.
    pub risk_note: String,
    /// How to take it back.
    pub undo: Vec<Action>,
    /// How to see that it worked.
    pub verify: Vec<Action>,
}

/// Kinds of actions, in the order of a report among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecommendationKind {
    /// Ask for many items at a time instead of one by one.
    RemoveNPlusOne,
    /// Create an index.
    CreateIndex,
    /// Write a statement differently.
    RewriteQuery,
    /// Make a function of the target cheaper.
    HotCode,
    /// Change how many connections the target's pool has.
    PoolSize,
    /// Change a setting of Postgres.
    PostgresSetting,
    /// `VACUUM`, `ANALYZE` and how autovacuum does it.
    Maintenance,
    /// Change what is cached, and for how long.
    CacheTtl,
    /// Drop an index.
    DropIndex,
    /// Give the target more, or expect less of it.
    Capacity,
}

impl RecommendationKind {
    /// The word used in ids and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemoveNPlusOne => "remove-n-plus-one",
            Self::CreateIndex => "create-index",
            Self::RewriteQuery => "rewrite-query",
            Self::HotCode => "hot-code",
            Self::PoolSize => "pool-size",
            Self::PostgresSetting => "postgres-setting",
            Self::Maintenance => "maintenance",
            Self::CacheTtl => "cache-ttl",
            Self::DropIndex => "drop-index",
            Self::Capacity => "capacity",
        }
    }
}

/// A finding, by what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FindingReference {
    /// Its code.
    pub code: String,
    /// What it is about.
    pub subject: Subject,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", content = "text", rename_all = "kebab-case")]
pub enum Action {
    /// A statement for Postgres, complete.
    Sql(String),
    /// A command for a shell or for Redis, complete.
    Command(String),
    /// A change of the target's code or of its settings, in words.
    Change(String),
}

impl Action {
    /// What is to be done, as it is to be typed or read.
    pub fn text(&self) -> &str {
        match self {
            Self::Sql(text) | Self::Command(text) | Self::Change(text) => text,
        }
    }
}

/// What an action will do, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// Computed from what was measured without the action.
    Estimated {
        /// What is gained.
        gain: Gain,
        /// How it was estimated, in one sentence: from what, and what it leaves out.
        how: String,
    },
    /// It cannot be put in numbers.
    Unknown {
        /// Why not, as a sentence without a full stop.
        why: String,
    },
}

impl Effect {
    /// The gain, where it is known.
    pub fn gain(&self) -> Option<&Gain> {
        match self {
            Self::Estimated { gain, .. } => Some(gain),
            Self::Unknown { .. } => None,
        }
    }
}

/// What an action gains over the traffic of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gain {
    /// Time that the run's requests would have been saved, as a share of the response time of all of them, 0–1. Absent where the
    /// gain is no time of requests.
    pub saved_ratio: Option<f64>,
    /// The same for single steps, by name: time saved as a share of the step's own response time, 0–1. Steps that are not known
    /// to gain are absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub saved_by_step: BTreeMap<String, f64>,
    /// What changes, with the figures: a statement's time, a table's bytes.
    pub changes: Vec<ExpectedChange>,
}

/// A figure now and as it is expected to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedChange {
    /// What the figure is of, such as `time of a call`.
    pub figure: String,
    /// The unit: `ms`, `bytes`, `calls`, `ratio`, …
    pub unit: String,
    /// As it is.
    pub before: f64,
    /// As it is expected to be; the interval is no statement of confidence where its ends are equal.
    pub after: Interval,
}

/// How much work an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// A statement or a setting: minutes.
    Low,
    /// A change in one place of the code: hours.
    Medium,
    /// A change of the design, or of machines: days.
    High,
}

/// How much can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// It can be undone at once and blocks nobody.
    Low,
    /// It costs something else, or needs a restart.
    Medium,
    /// It may lose data or break answers when done wrong.
    High,
}
