//! What one request sends to the database, as seen on the wire, without the user's data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The statements of one request, each once, in the order in which they were first sent. No value of a parameter and no
/// constant is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestTrace {
    /// The step that was sent.
    pub step: String,
    /// Items asked for; absent for a step that has no page size.
    pub page_size: Option<u32>,
    /// Requests for as many items that were recorded. This is the one of them with the median number of statements; for a step
    /// that has no page size, the one with the most.
    pub requests: u32,
    /// Statements that were sent, each time counted.
    pub executions: u64,
    /// Transactions that it opened itself; a statement outside of one is a transaction of its own and is not counted.
    pub transactions: u64,
    /// Its statements.
    pub statements: Vec<TraceLine>,
    /// Statements that ran and are not listed, since the recording was full or their text was not seen.
    pub dropped: u64,
    /// Connections whose statements could not be read, so that some may be missing.
    pub unreadable: u32,
}

/// A statement of a request, all its executions together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceLine {
    /// Identity of the normalized text.
    pub fingerprint: String,
    /// The normalized text.
    pub text: String,
    /// Why it is no work of the application's own, such as `transaction`.
    pub noise: Option<String>,
    /// Times it was sent, without fetches of further rows.
    pub count: u64,
    /// Different values among its executions: of parameters and of constants in the text.
    pub distinct_values: u64,
    /// Executions with the same values, at most.
    pub same_values: u64,
    /// Requests, of [`RequestTrace::requests`], in which it was sent. What runs beside requests is in few.
    pub in_requests: u32,
    /// Rows returned or changed by all executions.
    pub rows: u64,
    /// Time of all executions as the proxy saw it, in milliseconds.
    pub elapsed_ms: f64,
    /// What its repetition is; absent where it is not sent again and again.
    pub repetition: Option<Repetition>,
}

/// Why a statement is sent several times for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Repetition {
    /// Once for every item: its calls grow with the items of the answer.
    NPlusOne,
    /// It asks with the same values what was answered before: a cache is missing.
    SameValues,
    /// It has other values each time, and is not known to grow with the items of the answer.
    OtherValues,
}

/// How often a statement was seen on the wire during one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeenOnWire {
    /// Times it was sent.
    pub count: u64,
    /// Different values among them.
    pub distinct_values: u64,
}
