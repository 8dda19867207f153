//! Keys that were sampled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Answer;

/// A sample of the keys of all databases. `SCAN` gives keys in the order of their hash, so where it was stopped early the
/// sample is a random one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeySample {
    /// The keys.
    pub keys: Vec<SampledKey>,
    /// Keys there were in all databases.
    pub total_keys: u64,
    /// How long the sampling took, in seconds.
    pub elapsed_s: f64,
    /// Why it ended.
    pub ended_by: SampleEnd,
    /// What the server knows of accesses to single keys.
    pub tracking: AccessTracking,
}

/// Why a sample ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SampleEnd {
    /// All keys were seen.
    AllSeen,
    /// As many keys were seen as were asked for.
    EnoughKeys,
    /// The time was over.
    TimeOver,
    /// The round trips that were allowed were used up.
    RoundTripsOver,
    /// The server stopped answering.
    Interrupted,
}

/// What a server knows of accesses to single keys; it follows from `maxmemory-policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AccessTracking {
    /// When each was last used (`OBJECT IDLETIME`).
    IdleTime,
    /// How often each was used of late, on a logarithmic scale (`OBJECT FREQ`, under an LFU policy).
    Frequency {
        /// `lfu-log-factor`; absent where the settings may not be read.
        log_factor: Option<u32>,
        /// `lfu-decay-time` in minutes; absent where the settings may not be read.
        decay_time_min: Option<u32>,
    },
    /// Nothing that may be read.
    Unknown,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampledKey {
    /// Number of its database.
    pub database: u32,
    /// Its name, bytes that are no printable text escaped as `\xNN`, cut after 256 characters.
    pub name: String,
    /// Type of its value: `string`, `hash`, …
    pub kind: String,
    /// Memory of key and value, as estimated by the server.
    pub bytes: Option<u64>,
    /// Time it has yet to live, in ms; nothing for a key that lives for ever.
    pub ttl_ms: Option<u64>,
    /// Seconds since it was last used, in whole seconds.
    pub idle_s: Option<u64>,
    /// The LFU counter, 0–255, after decay.
    pub frequency: Option<u8>,
    /// How its value shrinks, where it is large and values may be read.
    pub compression: Option<Answer<CompressionTrial>>,
}

/// What compressing a part of a value gave, measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompressionTrial {
    /// Length of the value.
    pub value_bytes: u64,
    /// Bytes of it that were compressed.
    pub read_bytes: u64,
    /// Compressed size relative to the original with zstd at level 3: 0.25 is a quarter.
    pub zstd_ratio: f64,
    /// CPU time of compressing, in ms for each MB, on the machine Aforo ran on.
    pub zstd_compress_ms_per_mb: f64,
    /// CPU time of decompressing, in ms for each MB of the original.
    pub zstd_decompress_ms_per_mb: f64,
    /// Compressed size relative to the original with gzip at level 6.
    pub gzip_ratio: f64,
    /// CPU time of compressing, in ms for each MB.
    pub gzip_compress_ms_per_mb: f64,
}
