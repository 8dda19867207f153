//! Everything that is said of one Redis: what `aforo analyze` saves and shows.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AccessTracking, CacheCounters, CacheMemory, CacheServer, CompressionTrial, SampleEnd};
use crate::database::{CheckResult, Grade, Skipped};
use crate::{Answer, Finding, Interval};

/// Version of the saved format. It rises with every change that an older reader would misread.
pub const CACHE_FORMAT_VERSION: u32 = 1;

/// What a Redis does, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheReport {
    /// [`CACHE_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// Version of Aforo.
    pub aforo_version: String,
    /// When the analysis began.
    pub began_at: DateTime<Utc>,
    /// How long it took, in seconds, the watched window included.
    pub elapsed_s: f64,
    /// The server.
    pub server: CacheServer,
    /// What it counted.
    pub counters: Option<CacheCounters>,
    /// Share of key look-ups that found their key, 0–1.
    pub hit_ratio: Answer<f64>,
    /// Its memory.
    pub memory: Option<CacheMemory>,
    /// What the sample of the keys is.
    pub sample: Answer<SampleSummary>,
    /// Keys by pattern, the one with most memory first, as far as they are shown.
    pub patterns: Vec<KeyPattern>,
    /// Patterns that are not listed.
    pub patterns_left_out: u64,
    /// Large values in the sample, the largest first.
    pub large_values: Vec<LargeValue>,
    /// Patterns whose keys should live longer or shorter.
    pub ttl_advice: Vec<TtlAdvice>,
    /// Patterns that need not be stored.
    pub drop_candidates: Vec<DropCandidate>,
    /// Patterns to refresh before they expire.
    pub preload_candidates: Vec<PreloadCandidate>,
    /// The slow log by command and pattern, the one that took most time first.
    pub slow_log: Vec<SlowCommandGroup>,
    /// One line a check, those that could not look included.
    pub checks: Vec<CacheCheckLine>,
    /// Everything that stands out, the most severe first.
    pub findings: Vec<Finding>,
    /// What was not read, and what would let it be read.
    pub skipped: Vec<Skipped>,
}

/// What a sample of keys is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SampleSummary {
    /// Keys in it.
    pub sampled_keys: u64,
    /// Keys there were.
    pub total_keys: u64,
    /// Share of all keys that is in it, 0–1. Below 1, counts are estimates.
    pub sampled_ratio: f64,
    /// How long it took, in seconds.
    pub elapsed_s: f64,
    /// Why it ended.
    pub ended_by: SampleEnd,
    /// What the server knows of accesses to single keys.
    pub tracking: AccessTracking,
}

/// Keys that are alike: ids, numbers and dates in their names are one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyPattern {
    /// As in `session:*`.
    pub pattern: String,
    /// Types of the values, as in `string`.
    pub kinds: Vec<String>,
    /// Keys in the sample.
    pub sampled_keys: u64,
    /// Keys in all; the ends are Wilson's, and equal where all keys were sampled.
    pub keys: Interval,
    /// Memory of them, scaled from the sample. Absent where the server does not tell it.
    pub bytes: Option<u64>,
    /// That relative to the memory of all sampled keys, 0–1.
    pub memory_ratio: Option<f64>,
    /// Share of the keys that live for ever, 0–1.
    pub without_ttl_ratio: f64,
    /// Median of the time they have yet to live, in seconds, of those that do not live for ever.
    pub ttl_median_s: Option<f64>,
    /// The time to live they seem to be written with, in seconds, estimated from what is left of it.
    pub ttl_written_s: Option<f64>,
    /// 10 %, 50 % and 90 % quantiles of the seconds since the last use.
    pub idle_quantiles_s: Option<[f64; 3]>,
    /// Accesses of its median key in a minute, estimated.
    pub accesses_per_min: Answer<Interval>,
    /// Keys with an estimate above 10 accesses in a minute, scaled to all keys.
    pub hot_keys: Option<Interval>,
    /// Keys with an estimate below one access in a minute, scaled to all keys.
    pub cold_keys: Option<Interval>,
    /// Share of the keys past half of their life that were never used since they were written, 0–1.
    pub never_hit_ratio: Answer<f64>,
}

/// A value of the sample that is large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LargeValue {
    /// The key's name, its long ids shortened.
    pub name: String,
    /// Its pattern.
    pub pattern: String,
    /// Type of the value.
    pub kind: String,
    /// Memory of key and value.
    pub bytes: u64,
    /// How it shrinks.
    pub compression: Answer<CompressionTrial>,
}

/// Which way a time to live should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TtlChange {
    /// Twice as long, for what is used all the time.
    Lengthen,
    /// Half as long, for what is hardly used.
    Shorten,
}

/// A time to live that should be another. An estimate, no proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TtlAdvice {
    /// Which keys.
    pub pattern: String,
    /// Which way.
    pub change: TtlChange,
    /// The time to live they seem to be written with, in seconds.
    pub ttl_now_s: f64,
    /// The one that is advised, in seconds.
    pub ttl_advised_s: f64,
    /// Accesses of the median key in a minute.
    pub accesses_per_min: Interval,
    /// The most that memory can change by, in bytes; negative for less. Absent where the server tells no sizes.
    pub largest_memory_change_bytes: Option<f64>,
    /// Why, and what it should do, in a sentence.
    pub reason: String,
}

/// Keys that take memory and are not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DropCandidate {
    /// Which keys.
    pub pattern: String,
    /// Memory that would be free.
    pub bytes: u64,
    /// Share of those past half of their life that were never used since they were written, 0–1.
    pub never_hit_ratio: f64,
}

/// Keys whose expiry makes a large part of the misses, although they are used all the time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreloadCandidate {
    /// Which keys.
    pub pattern: String,
    /// Expiries of its hot keys in a minute, each of them a miss: hot keys by the time to live.
    pub expiries_per_min: f64,
    /// That relative to the misses that were counted, 0–1.
    pub misses_ratio: f64,
}

/// Entries of the slow log that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowCommandGroup {
    /// Name of the command in lower case.
    pub command: String,
    /// Pattern of the key it names first.
    pub pattern: Option<String>,
    /// Entries.
    pub count: u64,
    /// Time they held the server together, in µs.
    pub total_time_us: u64,
    /// The longest, in µs.
    pub longest_us: u64,
}

/// One check: what it is, and what it concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheCheckLine {
    /// Permanent kebab-case code, also that of its findings.
    pub code: String,
    /// What it looks for, in one line.
    pub summary: String,
    /// What its value is read from.
    pub reads: String,
    /// From which value on it is a warning, and critical.
    pub threshold: String,
    /// Whose threshold that is.
    pub source: String,
    /// What it concluded, for the server as a whole or for each pattern that stands out; never empty.
    pub results: Vec<CheckResult>,
}

impl CacheCheckLine {
    /// The worst grade among its results.
    pub fn grade(&self) -> Grade {
        self.results.iter().map(|result| result.outcome.grade()).max().unwrap_or(Grade::Skipped)
    }
}
