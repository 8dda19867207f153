//! What is known of one Postgres database: read by `profiles`, judged by `analyzers`, saved as evidence.

mod activity;
mod attribution;
mod catalog;
mod checklist;
mod hot;
mod index_advice;
mod n_plus_one;
mod plan;
mod report;
mod request_trace;
mod series;
mod server;
mod statements;
mod table_writes;
mod trace;

pub use activity::{ActivityWindow, BlockingChain, EventShare, SessionGroup, WaitCount};
pub use attribution::{AttributedStatement, Attribution, LoadSlice, StatementCalls, StatementCauses};
pub use catalog::{
    Catalog, ColumnFacts, ColumnStatistics, ConstraintFacts, ConstraintKind, ForeignKey, FunctionFacts,
    IndexCounters, IndexFacts, IndexKey, RelationName, SequenceFacts, TableCounters, TableFacts, TableKind,
    Volatility,
};
pub use checklist::{
    CheckArea, CheckLine, CheckOutcome, CheckResult, Checklist, Deduction, Grade, HealthScore,
};
pub use hot::{HotStatement, StatementStep};
pub use index_advice::{
    AdvisedIndex, CostSource, IndexAdvice, IndexColumn, IndexDefinition, IndexMethod, IndexWriteCost,
    NotCosted, RejectedIndex, ServedStatement, SlowedStatement, WritesCounted, qualified, quoted,
};
pub use n_plus_one::{
    CallPattern, FixWords, LeftOut, NPlusOne, ParentStatement, ProbeBackground, ProbeJudgement, ProbePage,
    ProbePoint, ProbeReading, ProbeVerdict, StatementSlope,
};
pub use plan::{
    Blocks, ExplainKind, ExplainObstacle, ExplainOutcome, ExplainedStatement, IncrementalSortGroups,
    IncrementalSortSpace, Jit, JitTiming, NotExecuted, NotExecutedKind, ObstacleKind, Plan, PlanError,
    PlanFinding, PlanNode, PlanTrigger, PlanVisit, PlanWorker,
};
pub use report::{DATABASE_FORMAT_VERSION, DatabaseReport, ReadSummary};
pub use request_trace::{Repetition, RequestTrace, SeenOnWire, TraceLine};
pub use series::StatementSecond;
pub use server::{
    CheckpointCounters, DatabaseCounters, ReplicaFacts, ReplicationSlotFacts, ServerFacts, SessionFacts,
    Setting, VacuumProgress,
};
pub use statements::{StatementCounters, StatementDelta, StatementKey, StatementWindow, WindowGap};
pub use table_writes::{TableWriteWindow, TableWrites};
pub use trace::{StatementTrace, TracedParameter, TracedStatement, TransactionState};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything read from one database at one time, or over one window. A part that could not be read is absent and
/// named in `skipped`; it is never empty instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatabaseEvidence {
    /// When the reading began.
    pub read_at: DateTime<Utc>,
    /// The server and the role that asked.
    pub server: ServerFacts,
    /// Every setting the role may see, by name.
    pub settings: BTreeMap<String, Setting>,
    /// Tables, indexes, constraints and the planner's statistics.
    pub catalog: Option<Catalog>,
    /// Counters of the database since its statistics were last reset.
    pub counters: Option<DatabaseCounters>,
    /// Counters of checkpoints and of the background writer, server-wide.
    pub checkpoints: Option<CheckpointCounters>,
    /// Client sessions at the time of reading.
    pub sessions: Option<Vec<SessionFacts>>,
    /// Standbys that are connected. Absent where the role may not see them.
    pub replicas: Option<Vec<ReplicaFacts>>,
    /// Replication slots.
    pub slots: Option<Vec<ReplicationSlotFacts>>,
    /// Vacuums that are running.
    pub vacuums: Option<Vec<VacuumProgress>>,
    /// Statements that ran in the window that was watched; since the last reset where none was.
    pub statements: Option<StatementWindow>,
    /// Waits and blocking seen while a window was watched.
    pub activity: Option<ActivityWindow>,
    /// What was not read, and what would let it be read.
    pub skipped: Vec<Skipped>,
}

/// A part that was not read, or a check that could not look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// The collector or check, kebab-case, such as `statements`.
    pub what: String,
    /// Why, as a sentence without a full stop.
    pub why: String,
    /// What enables it: a `GRANT`, an extension, a setting.
    pub remedy: String,
}
