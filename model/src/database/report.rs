//! Everything that is said of one database: what `aforo analyze` saves and shows.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ActivityWindow, Attribution, Checklist, EventShare, ExplainedStatement, HotStatement, IndexAdvice,
    IndexFacts, PlanFinding, ProbeVerdict, RequestTrace, ServerFacts, Skipped, WindowGap,
};
use crate::{Answer, Finding};

/// Version of the saved format. It rises with every change that an older reader would misread.
pub const DATABASE_FORMAT_VERSION: u32 = 1;

/// What a database does, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseReport {
    /// [`DATABASE_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// Version of Aforo.
    pub aforo_version: String,
    /// When the analysis began.
    pub began_at: DateTime<Utc>,
    /// How long it took, in seconds, the watched window included.
    pub elapsed_s: f64,
    /// The server and the role that asked.
    pub server: ServerFacts,
    /// What was read.
    pub read: ReadSummary,
    /// Statements by execution time, the longest first, as many as were asked for.
    pub hot: Vec<HotStatement>,
    /// Plans of those that could be explained, and why the others could not. A statement that was executed with several
    /// draws of values is there twice: with the slowest of them, then with the median one.
    pub explained: Vec<ExplainedStatement>,
    /// What stands out in the plans, each with its statement's place in `explained`.
    pub plan_findings: Vec<(usize, PlanFinding)>,
    /// Endpoints that were asked alone, and how their statements follow the items they return.
    pub probes: Vec<ProbeVerdict>,
    /// Endpoints that were not asked, and why.
    pub not_probed: Vec<Skipped>,
    /// What a typical request of each endpoint sends, where a proxy saw it.
    #[serde(default)]
    pub traces: Vec<RequestTrace>,
    /// Which step causes which statement.
    pub attribution: Answer<Attribution>,
    /// Which indexes would help.
    pub index_advice: Answer<IndexAdvice>,
    /// Indexes that a finding is about, as they are: what dropping one takes away, and what would bring it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexFacts>,
    /// The checklist and the health score.
    pub checklist: Checklist,
    /// What active sessions were doing while they were watched, the most frequent first.
    #[serde(default)]
    pub waits: Vec<EventShare>,
    /// What sessions waited for while they were watched, statement by statement.
    pub activity: Option<ActivityWindow>,
    /// Everything that stands out, the most severe first.
    pub findings: Vec<Finding>,
    /// What was not read, and what would let it be read.
    pub skipped: Vec<Skipped>,
}

/// What an analysis read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadSummary {
    /// The window the statements were counted over, in seconds; absent where they are those since the last reset.
    pub window_s: Option<f64>,
    /// When the statements' counting began, where it is not a window of this analysis.
    pub since: Option<DateTime<Utc>>,
    /// Different statements.
    pub statements: u64,
    /// Their executions.
    pub calls: u64,
    /// Their execution time, nested ones left out.
    pub exec_time_ms: f64,
    /// Why statements may be missing.
    pub gaps: Vec<WindowGap>,
    /// Tables.
    pub tables: u64,
    /// Indexes.
    pub indexes: u64,
    /// Settings.
    pub settings: u64,
    /// Requests that the probe sent to the application: one by one, and in mixes that change.
    pub probe_requests: u64,
}
