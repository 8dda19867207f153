//! How a target gets over a sudden rise of load.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Answer;

/// What a spike did to response time, and how long until it was over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryRecord {
    /// What response time is compared with.
    pub reference: RecoveryReference,
    /// P95 at or below which the target counts as recovered: 1.2 times that of the reference, µs.
    pub recovered_p95_us: u64,
    /// From what on time is counted.
    pub counted_from: RecoveryStart,
    /// When that was, seconds since the start of the run.
    pub counted_from_s: f64,
    /// Highest P95 over five seconds from the beginning of the spike on, µs.
    pub worst_p95_us: Option<u64>,
    /// Seconds until P95 over five seconds was low enough, and stayed so for ten seconds.
    pub recovered_after_s: Answer<f64>,
}

/// A part of the run in which the target was at ease.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryReference {
    /// Which part it is.
    pub part: ReferencePart,
    /// Its first second, counted from the start of the run.
    pub from_s: u32,
    /// The second after its last one.
    pub to_s: u32,
    /// 95th percentile of response time in it, µs.
    pub p95_us: u64,
}

/// Which part of a run a spike is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferencePart {
    /// The level before the spike.
    BeforeSpike,
    /// The last quarter of the time at full load, where the load rose from nothing.
    SteadyEnd,
}

/// From what on the time to recover is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecoveryStart {
    /// Full load was reached, and stayed.
    FullLoad,
    /// The load fell again.
    LoadFell,
}
