//! What a recorded trace would have given with other caches.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RecordingCost, ServerCounters, TraceEnd};
use crate::{Answer, Finding};

/// A trace replayed through caches of several policies and sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheReplay {
    /// What was recorded.
    pub trace: TraceSummary,
    /// The cache as it is now.
    pub present: PresentCache,
    /// One curve a policy, all over the same sizes.
    pub policies: Vec<PolicyCurve>,
    /// The policy that serves the trace best, or why none can be named.
    pub best: Answer<BestPolicy>,
    /// A small cache in each process in front of the present one, at several sizes.
    pub levels: Vec<LevelsPoint>,
    /// What deleting keys costs, by groups of keys, the costliest first.
    pub tags: Vec<TagInvalidation>,
    /// What follows, the most severe first.
    pub findings: Vec<Finding>,
}

/// What was recorded, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceSummary {
    /// How long.
    pub duration_s: f64,
    /// Why it ended.
    pub end: TraceEnd,
    /// Commands seen, with keys or without.
    pub commands: u64,
    /// Reads of a key.
    pub reads: u64,
    /// Writes of a key, without those that only fill the cache after a miss.
    pub writes: u64,
    /// Writes that fill the cache after a miss: they follow a read of a key that was not known to be there within a second.
    pub fills: u64,
    /// Keys deleted.
    pub deletes: u64,
    /// Commands that deleted several keys or whole databases at once.
    pub invalidations: u64,
    /// Different keys.
    pub keys: u64,
    /// Keys whose size was never seen; the mean of their pattern stands for it.
    pub keys_of_unknown_size: u64,
    /// What all keys take together, each at its largest, names and bookkeeping included.
    pub distinct_bytes: u64,
    /// Machines that sent commands.
    pub clients: u32,
    /// Whether the server is one node of a cluster: what the others are asked is not in the trace.
    #[serde(default)]
    pub is_cluster_node: bool,
    /// Whether the server is a replica: reads on its primary are not in the trace.
    #[serde(default)]
    pub is_replica: bool,
    /// Reads that no cache can answer because the key is read for the first time and was not written before.
    pub first_reads: u64,
    /// Share of the reads that found their key in the real server, as far as the trace tells.
    pub inferred_hit_ratio: Option<f64>,
    /// The same as the server counts it, for comparison.
    pub server_hit_ratio: Option<f64>,
    /// What the server counted.
    pub counters: Option<ServerCounters>,
    /// What the recording cost the server.
    pub cost: Option<RecordingCost>,
    /// The patterns with the most reads.
    pub patterns: Vec<PatternTraffic>,
    /// Commands of which it is not known which arguments are keys, and how often each came; they are not in the replay.
    pub unknown_commands: BTreeMap<String, u64>,
    /// Lines that could not be understood.
    pub unread_lines: u64,
}

/// What happened to the keys of a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PatternTraffic {
    /// As in `session:*`.
    pub pattern: String,
    /// Different keys.
    pub keys: u64,
    /// Reads.
    pub reads: u64,
    /// Share of the reads that found their key in the real server, as far as the trace tells.
    pub inferred_hit_ratio: Option<f64>,
    /// Writes, fills included.
    pub writes: u64,
    /// Keys deleted.
    pub deletes: u64,
}

/// The server's own cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PresentCache {
    /// What it may use; absent where there is no limit.
    pub maxmemory_bytes: Option<u64>,
    /// Its `maxmemory-policy`.
    pub maxmemory_policy: Option<String>,
    /// The size at which policies are compared: what `maxmemory` leaves for keys, or all keys of the trace where those are less.
    pub capacity_bytes: u64,
    /// The policy of the replay that stands for its own; absent for `noeviction`.
    pub policy: Option<CachePolicy>,
}

/// Which entry makes room for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CachePolicy {
    /// The one that was not used for longest.
    Lru,
    /// The one that was used least often, with dynamic ageing (LFU-DA).
    Lfu,
    /// The one that was inserted first.
    Fifo,
    /// The one that expires soonest.
    Ttl,
    /// None that can be built: no cache of this size can have more hits, even one that knows the future.
    Optimum,
}

impl fmt::Display for CachePolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Lru => "LRU",
            Self::Lfu => "LFU",
            Self::Fifo => "FIFO",
            Self::Ttl => "TTL",
            Self::Optimum => "optimum",
        })
    }
}

/// How a policy serves the trace at several sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyCurve {
    /// The policy.
    pub policy: CachePolicy,
    /// From the smallest to the largest cache.
    pub points: Vec<PolicyPoint>,
}

/// How a cache of one policy and size serves the trace, empty at its start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyPoint {
    /// The size.
    pub capacity_bytes: u64,
    /// Share of the reads that find their key.
    pub hit_ratio: f64,
    /// Share of the bytes read that come from the cache.
    pub byte_hit_ratio: f64,
    /// Entries that had to make room; absent for the optimum.
    pub evictions: Option<u64>,
    /// Entries whose time was over; absent for the optimum.
    pub expired: Option<u64>,
}

/// The policy that serves best at the present size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BestPolicy {
    /// The policy.
    pub policy: CachePolicy,
    /// The size at which they are compared.
    pub capacity_bytes: u64,
    /// Share of the reads that find their key.
    pub hit_ratio: f64,
    /// The same in one sentence, with what it is compared to.
    pub sentence: String,
}

/// A small LRU cache in every process in front of the present one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelsPoint {
    /// Size of the cache in each process.
    pub local_bytes: u64,
    /// Share of the reads that the process answers itself.
    pub local_hit_ratio: f64,
    /// Share of the reads that either cache answers.
    pub hit_ratio: f64,
    /// How long the news of a change takes to the other processes.
    pub invalidation_latency_ms: u64,
    /// Reads that a process answered with a value that had changed elsewhere, when the news takes that long.
    pub stale_reads: u64,
    /// The same when there is no news and only the keys' own time to live ends them.
    pub stale_reads_without_news: u64,
}

/// What deleting keys of a group costs at the present size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TagInvalidation {
    /// The group: `availability:{id}:*` for what goes with one id, `rooms:*` for a whole pattern.
    pub tag: String,
    /// Reads of its keys.
    pub reads: u64,
    /// Commands that deleted keys of it.
    pub invalidations: u64,
    /// Entries that they took out of the replayed cache.
    pub removed: u64,
    /// Entries that they would have taken out if each had deleted the whole group.
    pub removed_by_tag: u64,
    /// Share of the reads that find their key, as recorded.
    pub hit_ratio: f64,
    /// The same if nothing had been deleted: the most that deleting less can gain.
    pub hit_ratio_without: f64,
    /// The same if each deletion had taken the whole group: the price of deleting by tag.
    pub hit_ratio_by_tag: f64,
}
