//! A recorded trace of key accesses: what passes from the recorder to the replay. Keys are numbers; their names are not kept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a Redis server was asked to do with which keys, in order, for a bounded time.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheTrace {
    /// How long was recorded.
    pub duration_s: f64,
    /// Why it ended.
    pub end: TraceEnd,
    /// Commands seen, with keys or without.
    pub commands: u64,
    /// What happened to keys, in the order in which the server did it.
    pub events: Vec<TraceEvent>,
    /// Every key, at the place that is its number.
    pub keys: Vec<TracedKey>,
    /// Patterns of keys, as in `session:*`; a key's pattern is a place in this list.
    pub patterns: Vec<String>,
    /// Groups of keys that share a changing part with others, as in `availability:{id}:*`, one entry a group.
    pub tags: Vec<String>,
    /// How many machines (or socket paths) sent commands.
    pub clients: u32,
    /// Commands of which it is not known which arguments are keys, and how often each came.
    pub unknown_commands: BTreeMap<String, u64>,
    /// Lines that could not be understood.
    pub unread_lines: u64,
    /// What the server said of itself around the recording.
    pub server: TracedServer,
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TraceEnd {
    /// The time was over.
    Duration,
    /// As many accesses as asked for were seen.
    Accesses,
    /// As many bytes as asked for were received.
    Bytes,
    /// The recorder fell behind the server, which would have had to keep what was not yet sent in its own memory.
    Behind,
    /// The server closed the connection, as it does when it stops or restarts.
    Disconnected,
    /// The user ended it.
    Cancelled,
}

/// One step of the trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEvent {
    /// When, by the server's clock, since the first event.
    pub time_us: u64,
    /// Which machine asked, counted from 0.
    pub client: u32,
    /// What it asked for.
    pub operation: CacheOperation,
}

/// What is done to keys. Keys are places in [`CacheTrace::keys`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheOperation {
    /// The value, or a part of it, is read.
    Read {
        /// The key.
        key: u32,
    },
    /// A value is written.
    Write {
        /// The key.
        key: u32,
        /// Bytes of the value written, without the key.
        value_bytes: u64,
        /// Whether the value takes the place of what was there; otherwise it adds to it or changes a part of it.
        is_whole: bool,
        /// What it does to the time that the key lives.
        lifetime: Lifetime,
    },
    /// Only the time that the key lives is changed.
    Expire {
        /// The key.
        key: u32,
        /// The new time.
        lifetime: Lifetime,
    },
    /// Keys are deleted by one command: several are an invalidation of many.
    Delete {
        /// The keys.
        keys: Vec<u32>,
    },
    /// A whole database is emptied.
    Flush {
        /// Which one; all of them where it is absent.
        database: Option<u32>,
    },
}

/// What a write does to the time that a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It is as it was.
    Unchanged,
    /// The key stays until it is deleted or evicted.
    Forever,
    /// The key expires after this many milliseconds.
    Millis(u64),
}

/// What is known of a key without its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedKey {
    /// Its database.
    pub database: u32,
    /// Length of its name.
    pub name_bytes: u32,
    /// Its place in [`CacheTrace::patterns`].
    pub pattern: u32,
    /// Its place in [`CacheTrace::tags`]; absent when its name has no part that groups it with others.
    pub tag: Option<u32>,
}

/// What the server says of itself. Absent is what it does not tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TracedServer {
    /// Whether it is one node of a cluster, which is asked for a part of the keys only.
    pub is_cluster_node: bool,
    /// Whether it copies another server, which answers reads of its own.
    pub is_replica: bool,
    /// The memory it may use (`maxmemory`); absent where there is no limit, too.
    pub maxmemory_bytes: Option<u64>,
    /// What it evicts when that is full (`maxmemory_policy`).
    pub maxmemory_policy: Option<String>,
    /// What it takes without a single key (`used_memory_startup`), which counts against `maxmemory`, too.
    pub startup_memory_bytes: Option<u64>,
    /// What it used at the start, for everything.
    pub used_memory_bytes: Option<u64>,
    /// What it counted while the trace was recorded.
    pub counters: Option<ServerCounters>,
    /// What the recording cost it.
    pub cost: Option<RecordingCost>,
}

/// What the server counted itself, for comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCounters {
    /// Reads that found their key (`keyspace_hits`).
    pub keyspace_hits: u64,
    /// Reads that did not (`keyspace_misses`).
    pub keyspace_misses: u64,
    /// Keys it evicted.
    pub evicted_keys: u64,
    /// Keys that expired.
    pub expired_keys: u64,
}

/// How the server worked before and while it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordingCost {
    /// Just before.
    pub before: ServerPace,
    /// During the recording.
    pub during: ServerPace,
}

/// How fast a server works, and what it spends on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerPace {
    /// Seconds looked at.
    pub duration_s: f64,
    /// Commands per second.
    pub commands_per_s: f64,
    /// CPU cores busy with the server (`used_cpu_sys` and `used_cpu_user`).
    pub cpu_cores: f64,
    /// CPU time per command; absent when there were next to no commands.
    pub cpu_us_per_command: Option<f64>,
}
