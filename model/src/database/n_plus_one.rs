//! Endpoints asked alone for more and fewer items: what was read, and what it says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SeenOnWire, StatementCalls};
use crate::{Answer, Interval, Severity};

/// One request sent alone, and what the database did for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReading {
    /// The step that was sent.
    pub step: String,
    /// Items asked for; absent for a step that has no page size.
    pub page_size: Option<u32>,
    /// Items passed over before the first one asked for; absent for a step that cannot.
    pub offset: Option<u64>,
    /// Whether what was asked for had not been asked for before. Where it had, a cache may hide statements.
    pub is_fresh: bool,
    /// Status of the answer; absent where it did not come whole.
    pub status: Option<u16>,
    /// Whether the answer is what the step expects.
    pub is_expected: bool,
    /// Length of every array in the answer by its path; the lengths of arrays inside an array are summed (`$.items[].nights`).
    pub items: Vec<(String, u64)>,
    /// Size of the answer.
    pub received_bytes: u64,
    /// Time of the request, in seconds.
    pub elapsed_s: f64,
    /// Time between the two readings of the counters, in seconds; longer than the request.
    pub watched_s: f64,
    /// Whether no counters were evicted or reset between the two.
    pub is_complete: bool,
    /// Statements that ran between the two.
    pub calls: Vec<StatementCalls>,
}

/// What runs while nothing is asked of the target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeBackground {
    /// How long it was watched, in seconds.
    pub elapsed_s: f64,
    /// Statements that ran.
    pub calls: Vec<StatementCalls>,
}

/// What the probe of one step says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeVerdict {
    /// The step.
    pub step: String,
    /// Readings that were judged.
    pub reading_count: u32,
    /// Readings that were not.
    pub left_out: Vec<LeftOut>,
    /// Items in the answers, by what was asked for, the smallest page first.
    pub pages: Vec<ProbePage>,
    /// How statements follow the items, or why that is not known.
    pub answer: Answer<ProbeJudgement>,
}

/// Readings that were not judged, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// The reason, as a sentence without a full stop.
    pub why: String,
    /// How many.
    pub readings: u32,
}

/// Answers to the same page size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbePage {
    /// Items asked for; absent for a step that has no page size.
    pub page_size: Option<u32>,
    /// Length of the longest array in the answer, the median of the readings.
    pub items: f64,
    /// Size of the answer, the median of the readings.
    pub received_bytes: f64,
}

/// How the statements of one step follow the items of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeJudgement {
    /// The array of the answer that holds the items.
    pub item_path: String,
    /// Whether only readings were judged that asked for items not asked for before. Where not, a cache may hide statements.
    pub is_first_touch: bool,
    /// Every statement that ran for the step, the one whose calls grow fastest first. Noise is left out.
    pub statements: Vec<StatementSlope>,
    /// Those that run once for every item.
    pub n_plus_ones: Vec<NPlusOne>,
}

/// One statement against the items of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementSlope {
    /// Identity of the normalized text.
    pub fingerprint: String,
    /// The normalized text, as far as it may be read.
    pub text: Option<String>,
    /// Whether a client sent it, as opposed to a function or a trigger.
    pub is_top_level: bool,
    /// Mentions of tables in it; absent where its parts are not known.
    pub table_count: Option<u32>,
    /// The array whose length explains its calls best.
    pub item_path: String,
    /// Calls that each further item costs (Theil–Sen).
    pub slope: Interval,
    /// Calls of an answer without items.
    pub intercept: f64,
    /// Share of the variation of calls that the line explains, 0–1; 0 where calls do not vary.
    pub r_squared: f64,
    /// Rows of a call.
    pub rows_per_call: f64,
    /// Execution time of a call.
    pub mean_ms: f64,
    /// What that makes it.
    pub pattern: CallPattern,
    /// What was read, by items, the fewest first.
    pub points: Vec<ProbePoint>,
}

/// How the calls of a statement follow the items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CallPattern {
    /// A call or more for every few items: N+1.
    PerItem,
    /// A call for many items at a time.
    Batched {
        /// Items of a call on the largest page.
        items_per_call: f64,
    },
    /// As many calls for few items as for many.
    Fixed,
    /// Calls grow, but not as the items do.
    Unclear,
}

/// Medians of the readings with the same number of items. The background is subtracted, so noise may leave less than zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbePoint {
    /// Items in the statement's array.
    pub items: f64,
    /// Items in the array of the page itself, inside whose items the statement's array may be.
    pub page_items: f64,
    /// Items in the longest array of the answer.
    pub answer_items: f64,
    /// Calls of the statement.
    pub calls: f64,
    /// Rows of all these calls.
    pub rows: f64,
    /// Blocks touched by all these calls.
    pub blocks: f64,
}

/// A statement that runs once for every item of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NPlusOne {
    /// The step.
    pub step: String,
    /// Identity of the statement.
    pub fingerprint: String,
    /// The statement, normalized, as far as it may be read.
    pub text: Option<String>,
    /// Whether a client sends it; where not, the loop is in a function or a trigger.
    pub is_top_level: bool,
    /// Whether it writes.
    pub is_write: bool,
    /// The statement that fetched the items it runs for; absent where none fits.
    pub parent: Option<ParentStatement>,
    /// The array of the answer that it follows.
    pub item_path: String,
    /// One request of the largest page as a proxy saw it; absent where none did.
    #[serde(default)]
    pub seen_on_wire: Option<SeenOnWire>,
    /// Calls that each further item costs.
    pub slope: Interval,
    /// Calls of an answer without items.
    pub intercept: f64,
    /// Share of the variation of calls that the items explain, 0–1.
    pub r_squared: f64,
    /// Rows of a call.
    pub rows_per_call: f64,
    /// Execution time of a call.
    pub mean_ms: f64,
    /// Items of a page in production, which the projection is for.
    pub production_page_size: u32,
    /// Calls of such a page.
    pub projected_calls: f64,
    /// Execution time of such a page. What the way to the server and back costs each call comes on top.
    pub projected_time_ms: f64,
    /// How much it matters.
    pub severity: Severity,
    /// One statement in the place of all, where it can be derived.
    pub fix_sql: Option<String>,
    /// The same in the words of what applications are written with.
    pub fix_words: Vec<FixWords>,
}

/// The statement that fetched the items for which another runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParentStatement {
    /// Identity.
    pub fingerprint: String,
    /// Normalized text, as far as it may be read.
    pub text: Option<String>,
}

/// What to do in one framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FixWords {
    /// Such as `Django`.
    pub framework: String,
    /// What to write there.
    pub words: String,
}
