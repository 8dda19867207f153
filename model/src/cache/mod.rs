//! What the target's Redis is used for as a cache, and how well it serves: read by `profiles`, judged by `analyzers`, saved as a
//! report.

mod keys;
mod replay;
mod report;
mod server;
mod trace;

pub use keys::{AccessTracking, CompressionTrial, KeySample, SampleEnd, SampledKey};
pub use replay::{
    BestPolicy, CachePolicy, CacheReplay, LevelsPoint, PatternTraffic, PolicyCurve, PolicyPoint,
    PresentCache, TagInvalidation, TraceSummary,
};
pub use report::{
    CACHE_FORMAT_VERSION, CacheCheckLine, CacheReport, DropCandidate, KeyPattern, LargeValue,
    PreloadCandidate, SampleSummary, SlowCommandGroup, TtlAdvice, TtlChange,
};
pub use server::{CacheCounters, CacheMemory, CacheServer, CommandCounters, Durability, SlowCommand};
pub use trace::{
    CacheOperation, CacheTrace, Lifetime, RecordingCost, ServerCounters, ServerPace, TraceEnd, TraceEvent,
    TracedKey, TracedServer,
};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::database::Skipped;

/// Everything read from one Redis server at one time, or over one window. A part that could not be read is absent
/// and named in `skipped`; it is never empty instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheEvidence {
    /// When the reading began.
    pub read_at: DateTime<Utc>,
    /// The server.
    pub server: CacheServer,
    /// What it counted, over the window that was watched, else since its counters began.
    pub counters: Option<CacheCounters>,
    /// Its memory now.
    pub memory: Option<CacheMemory>,
    /// Whether what it holds survives it.
    pub durability: Durability,
    /// Settings that bear on the judgement, as the server writes them; absent where it may not be asked.
    pub settings: Option<BTreeMap<String, String>>,
    /// Its slow log, the newest first; of the window only where one was watched.
    pub slow_log: Option<Vec<SlowCommand>>,
    /// Keys by database number.
    pub key_counts: BTreeMap<u32, u64>,
    /// A sample of the keys.
    pub sample: Option<KeySample>,
    /// What was not read, and what would let it be read.
    pub skipped: Vec<Skipped>,
}
