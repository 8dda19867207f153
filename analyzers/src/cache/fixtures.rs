//! A cache that is fine, to break in one place.

use std::collections::BTreeMap;

use aforo_model::cache::{
    AccessTracking, CacheCounters, CacheEvidence, CacheMemory, CacheServer, CommandCounters, Durability,
    KeySample, SampleEnd, SampledKey, SlowCommand,
};
use aforo_model::database::{Grade, Skipped};
use chrono::{DateTime, TimeZone, Utc};

use super::check::{CacheCheck, CacheFacts};
use super::judge::facts;

/// What was read of a cache.
pub(crate) struct Fixture {
    pub(crate) evidence: CacheEvidence,
}

impl Fixture {
    /// 60 s of a cache of 200 MiB below 1 GiB, in which nothing stands out.
    pub(crate) fn healthy() -> Self {
        let mut keys: Vec<SampledKey> =
            (0..100).map(|at| key(&format!("session:{at}"), 2_000, Some(at * 36 + 36), 20)).collect();
        keys.extend((0..50).map(|at| key(&format!("room:{at}:price"), 300, Some(at * 12 + 12), 4)));
        Self {
            evidence: CacheEvidence {
                counters: Some(counters()),
                memory: Some(CacheMemory {
                    used_bytes: 200 << 20,
                    peak_bytes: Some(220 << 20),
                    rss_bytes: Some(220 << 20),
                    fragmentation_ratio: 1.1,
                    limit_bytes: Some(1 << 30),
                    policy: Some("allkeys-lru".to_owned()),
                }),
                settings: Some(BTreeMap::from([("slowlog-log-slower-than".to_owned(), "10000".to_owned())])),
                slow_log: Some(Vec::new()),
                key_counts: BTreeMap::from([(0, 150)]),
                sample: Some(sample_of(keys)),
                skipped: Vec::new(),
                ..Self::empty().evidence
            },
        }
    }

    /// A cache of which nothing could be read.
    pub(crate) fn empty() -> Self {
        let skipped = |what: &str| Skipped {
            what: what.to_owned(),
            why: format!("NOPERM this user has no permissions to read {what}"),
            remedy: format!("ACL SETUSER watcher +{what}"),
        };
        Self {
            evidence: CacheEvidence {
                read_at: read_at(),
                server: CacheServer {
                    address: "127.0.0.1:6379".to_owned(),
                    version: Some("7.0.15".to_owned()),
                    is_cluster_node: false,
                    is_replica: false,
                },
                counters: None,
                memory: None,
                durability: Durability::default(),
                settings: None,
                slow_log: None,
                key_counts: BTreeMap::new(),
                sample: None,
                skipped: ["counters", "settings", "slow-log", "keys"].map(skipped).to_vec(),
            },
        }
    }

    /// The same, changed.
    pub(super) fn with(mut self, change: impl FnOnce(&mut CacheEvidence)) -> Self {
        change(&mut self.evidence);
        self
    }

    /// The same with the counters changed.
    pub(crate) fn with_counters(self, change: impl FnOnce(&mut CacheCounters)) -> Self {
        self.with(|evidence| change(evidence.counters.as_mut().unwrap()))
    }

    /// The same with the memory changed.
    pub(crate) fn with_memory(self, change: impl FnOnce(&mut CacheMemory)) -> Self {
        self.with(|evidence| change(evidence.memory.as_mut().unwrap()))
    }

    /// The same with more keys.
    pub(crate) fn with_keys(self, more: impl IntoIterator<Item = SampledKey>) -> Self {
        self.with(|evidence| {
            let sample = evidence.sample.as_mut().unwrap();
            sample.keys.extend(more);
            sample.total_keys = sample.keys.len() as u64;
        })
    }

    /// The same with these keys only.
    pub(super) fn with_only(self, keys: Vec<SampledKey>) -> Self {
        self.with(|evidence| evidence.sample = Some(sample_of(keys)))
    }

    /// How a check ends on it.
    pub(super) fn grade(&self, check: &CacheCheck) -> Grade {
        check.line(&self.facts()).grade()
    }

    /// What a check says of it, with what it advises.
    pub(super) fn told_by(&self, check: &CacheCheck) -> String {
        format!("{:?}", check.line(&self.facts()).results)
    }

    fn facts(&self) -> CacheFacts {
        facts(self.evidence.clone())
    }
}

fn read_at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 15, 12, 0, 0).unwrap()
}

fn counters() -> CacheCounters {
    CacheCounters {
        covered_s: 60.0,
        is_window: true,
        keyspace_hits: 9_900,
        keyspace_misses: 100,
        expired_keys: 20,
        commands_processed: 12_000,
        errors: Some(BTreeMap::new()),
        commands: vec![command("get", 10_000, 20_000), command("set", 2_000, 6_000)],
        ..CacheCounters::default()
    }
}

/// What a command that never failed cost.
pub(super) fn command(name: &str, calls: u64, exec_time_us: u64) -> CommandCounters {
    CommandCounters {
        command: name.to_owned(),
        calls,
        exec_time_us,
        rejected_calls: 0,
        failed_calls: 0,
        p99_us: None,
    }
}

/// A string in database 0.
pub(crate) fn key(name: &str, bytes: u64, ttl_s: Option<u64>, idle_s: u64) -> SampledKey {
    SampledKey {
        database: 0,
        name: name.to_owned(),
        kind: "string".to_owned(),
        bytes: Some(bytes),
        ttl_ms: ttl_s.map(|ttl_s| ttl_s * 1000),
        idle_s: Some(idle_s),
        frequency: None,
        compression: None,
    }
}

/// All keys of a server that tells idle times.
pub(super) fn sample_of(keys: Vec<SampledKey>) -> KeySample {
    KeySample {
        total_keys: keys.len() as u64,
        keys,
        elapsed_s: 0.1,
        ended_by: SampleEnd::AllSeen,
        tracking: AccessTracking::IdleTime,
    }
}

/// An entry of the slow log.
pub(super) fn slow(command: &str, key: Option<&str>, exec_time_us: u64) -> SlowCommand {
    SlowCommand { at: read_at(), exec_time_us, command: command.to_owned(), key: key.map(str::to_owned) }
}
