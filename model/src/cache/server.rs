//! What a Redis server says of itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The server that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CacheServer {
    /// Host and port, without user and password.
    pub address: String,
    /// As in `7.0.15`, or a relative's with its name, as in `Valkey 8.0.1`. Absent where it may not be asked.
    pub version: Option<String>,
    /// Whether it is one node of a cluster, which holds a part of the keys only.
    pub is_cluster_node: bool,
    /// Whether it copies another server.
    pub is_replica: bool,
}

/// What a server counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheCounters {
    /// How long it counted, in seconds: the window, else since the server started. Somebody may have reset the
    /// counters since then, which the server does not tell.
    pub covered_s: f64,
    /// Whether that is a window that was watched.
    pub is_window: bool,
    /// Key look-ups that found the key.
    pub keyspace_hits: u64,
    /// Key look-ups that did not.
    pub keyspace_misses: u64,
    /// Keys removed for want of memory.
    pub evicted_keys: u64,
    /// Keys whose time to live ended.
    pub expired_keys: u64,
    /// Commands.
    pub commands_processed: u64,
    /// Connections refused because `maxclients` were there.
    pub rejected_connections: u64,
    /// Error answers by code (`OOM`, `WRONGTYPE`, …). Absent on servers before Redis 6.2.
    pub errors: Option<BTreeMap<String, u64>>,
    /// By command, the one that took most time first.
    pub commands: Vec<CommandCounters>,
}

impl CacheCounters {
    /// Key look-ups.
    pub fn lookups(&self) -> u64 {
        self.keyspace_hits.saturating_add(self.keyspace_misses)
    }

    /// Share of the look-ups that found their key, 0–1; nothing where nothing was looked up.
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.lookups();
        (lookups > 0).then(|| self.keyspace_hits as f64 / lookups as f64)
    }
}

/// What one command cost the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandCounters {
    /// Its name in lower case, with the subcommand: `get`, `config|get`.
    pub command: String,
    /// Calls.
    pub calls: u64,
    /// Time it held the server, in µs; everybody else waits meanwhile.
    pub exec_time_us: u64,
    /// Calls refused before they ran.
    pub rejected_calls: u64,
    /// Calls that failed while they ran.
    pub failed_calls: u64,
    /// 99th percentile of its time since the server started, in µs. Absent on servers before Redis 7.
    pub p99_us: Option<f64>,
}

/// The server's memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheMemory {
    /// In use by data and buffers.
    pub used_bytes: u64,
    /// The most it ever was.
    pub peak_bytes: Option<u64>,
    /// Resident memory of the process.
    pub rss_bytes: Option<u64>,
    /// Resident memory for each byte in use.
    pub fragmentation_ratio: f64,
    /// `maxmemory`; 0 is without a limit.
    pub limit_bytes: Option<u64>,
    /// `maxmemory-policy`, as in `allkeys-lru`.
    pub policy: Option<String>,
}

/// Whether what the server holds survives it, as far as it tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Durability {
    /// Whether the last snapshot was written.
    pub snapshot_succeeded: Option<bool>,
    /// Whether the last write to the append-only file succeeded.
    pub append_succeeded: Option<bool>,
    /// Whether a replica is connected to its primary; absent for a primary.
    pub is_linked_to_primary: Option<bool>,
}

/// One entry of the slow log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowCommand {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How long it held the server, in µs.
    pub exec_time_us: u64,
    /// Its name in lower case.
    pub command: String,
    /// The key it names first, escaped and cut; no other argument is kept, for it may be a secret.
    pub key: Option<String>,
}
