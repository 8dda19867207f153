//! What a request's time is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a part of the time was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WallPart {
    /// Running on a core.
    Cpu,
    /// Ready to run, without a core to run on.
    CpuQueue,
    /// Waiting for Postgres, which was working for it.
    Postgres,
    /// Waiting for Redis, which was working for it.
    Redis,
    /// Waiting for anything else: a lock, a timer, another service, the network.
    Other,
}

/// What a figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WallSource {
    /// CPU time of the target's processes.
    ProcessCpuTime,
    /// Run-queue delay of the target's threads.
    RunQueueDelay,
    /// Time of statements by `pg_stat_statements`.
    StatementTime,
    /// Sessions seen active in `pg_stat_activity`.
    ActivitySamples,
    /// Time of commands by Redis' `INFO commandstats`.
    CommandStatistics,
    /// What is left of the response time.
    Remainder,
}

/// Where the time of a request goes, on average over all requests of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WallSplit {
    /// Requests the averages are over.
    pub requests: u64,
    /// Mean response time, µs.
    pub response_time_us: f64,
    /// The parts that could be told, in the order of [`WallPart`]; each with the mean time of a request, µs, and its source. Their sum may
    /// exceed the response time where a request does several things at once.
    pub parts: Vec<WallShare>,
    /// The same as one sentence.
    pub sentence: String,
}

/// One part of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WallShare {
    /// What it was spent on.
    pub part: WallPart,
    /// Mean of a request, µs.
    pub time_us: f64,
    /// Of the mean response time, 0–1.
    pub ratio: f64,
    /// What the figure rests on.
    pub source: WallSource,
}
