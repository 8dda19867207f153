//! The canonical cache report that every format is tested with.

use std::collections::BTreeMap;

use aforo_model::cache::{
    AccessTracking, CACHE_FORMAT_VERSION, CacheCheckLine, CacheCounters, CacheMemory, CacheReport,
    CacheServer, CompressionTrial, DropCandidate, KeyPattern, LargeValue, PreloadCandidate, SampleEnd,
    SampleSummary, SlowCommandGroup, TtlAdvice, TtlChange,
};
use aforo_model::database::{CheckOutcome, CheckResult, Skipped};
use aforo_model::{Answer, Finding, Interval, Severity, Subject};
use chrono::DateTime;

pub(super) use crate::canonical::rendered;

fn interval(estimate: f64, low: f64, high: f64) -> Interval {
    Interval { estimate, low, high }
}

/// A cache with all that a report shows.
pub(crate) fn report() -> CacheReport {
    CacheReport {
        server: server(Some("7.0.15")),
        counters: Some(counters()),
        hit_ratio: Answer::Found(0.871),
        memory: Some(memory()),
        sample: Answer::Found(SampleSummary {
            sampled_keys: 20_000,
            total_keys: 1_204_311,
            sampled_ratio: 0.0166,
            elapsed_s: 1.9,
            ended_by: SampleEnd::EnoughKeys,
            tracking: AccessTracking::Frequency { log_factor: Some(10), decay_time_min: Some(1) },
        }),
        patterns: patterns(),
        patterns_left_out: 12,
        large_values: large_values(),
        ttl_advice: vec![TtlAdvice {
            pattern: "availability:{id}:*".to_owned(),
            change: TtlChange::Lengthen,
            ttl_now_s: 300.0,
            ttl_advised_s: 600.0,
            accesses_per_min: interval(41.0, 30.0, 55.0),
            largest_memory_change_bytes: Some(12_582_912.0),
            reason: "its median key is used 41 times a minute and expires every 5 minutes".to_owned(),
        }],
        drop_candidates: vec![DropCandidate {
            pattern: "webhook:{id}".to_owned(),
            bytes: 94_371_840,
            never_hit_ratio: 0.97,
        }],
        preload_candidates: vec![PreloadCandidate {
            pattern: "availability:{id}:*".to_owned(),
            expiries_per_min: 1_240.0,
            misses_ratio: 0.31,
        }],
        slow_log: vec![
            slow("hgetall", Some("report:*"), 14, 412_000, 61_000),
            slow("eval", None, 2, 25_000, 13_000),
        ],
        checks: checks(),
        findings: findings(),
        skipped: vec![Skipped {
            what: "settings".to_owned(),
            why: "NOPERM: User aforo has no permissions to run the 'config|get' command".to_owned(),
            remedy: "ACL SETUSER aforo +config|get".to_owned(),
        }],
        ..unread()
    }
}

/// A cache that tells nothing.
pub(super) fn unread() -> CacheReport {
    CacheReport {
        format_version: CACHE_FORMAT_VERSION,
        aforo_version: "0.1.0".to_owned(),
        began_at: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        elapsed_s: 32.4,
        server: server(None),
        counters: None,
        hit_ratio: Answer::absent("the server's counters could not be read"),
        memory: None,
        sample: Answer::absent("no key could be read"),
        patterns: Vec::new(),
        patterns_left_out: 0,
        large_values: Vec::new(),
        ttl_advice: Vec::new(),
        drop_candidates: Vec::new(),
        preload_candidates: Vec::new(),
        slow_log: Vec::new(),
        checks: vec![check(
            "hit-ratio",
            vec![CheckOutcome::Skipped {
                why: "the counters could not be read".to_owned(),
                remedy: "ACL SETUSER aforo +info".to_owned(),
            }],
        )],
        findings: Vec::new(),
        skipped: vec![Skipped {
            what: "counters".to_owned(),
            why: "NOPERM: User aforo has no permissions to run the 'info' command".to_owned(),
            remedy: "ACL SETUSER aforo +info".to_owned(),
        }],
    }
}

/// The canonical report in which all that the target names is `name`, and every count is the largest.
pub(super) fn hostile(name: String) -> CacheReport {
    let mut report = report();
    report.server.address.clone_from(&name);
    report.patterns_left_out = u64::MAX;
    for pattern in &mut report.patterns {
        pattern.pattern.clone_from(&name);
        pattern.keys = interval(u64::MAX as f64, 0.0, u64::MAX as f64);
        (pattern.hot_keys, pattern.cold_keys) = (Some(pattern.keys), Some(pattern.keys));
        pattern.ttl_written_s = Some(u64::MAX as f64 / 1e3);
    }
    for value in &mut report.large_values {
        value.name.clone_from(&name);
        value.kind.clone_from(&name);
        value.bytes = u64::MAX;
    }
    for group in &mut report.slow_log {
        group.command.clone_from(&name);
    }
    for check in &mut report.checks {
        check.code.clone_from(&name);
        check.threshold.clone_from(&name);
    }
    report.ttl_advice[0].pattern.clone_from(&name);
    report.drop_candidates[0].pattern.clone_from(&name);
    report.preload_candidates[0].pattern.clone_from(&name);
    report.findings[0].message.clone_from(&name);
    report.findings[1].subject = Subject::Part(name.clone());
    report.skipped[0].why = name;
    report
}

fn server(version: Option<&str>) -> CacheServer {
    CacheServer {
        address: "127.0.0.1:6379".to_owned(),
        version: version.map(str::to_owned),
        is_cluster_node: false,
        is_replica: false,
    }
}

fn counters() -> CacheCounters {
    CacheCounters {
        covered_s: 30.0,
        is_window: true,
        keyspace_hits: 87_100,
        keyspace_misses: 12_900,
        evicted_keys: 412,
        expired_keys: 3_900,
        commands_processed: 141_000,
        rejected_connections: 3,
        errors: Some(BTreeMap::from([("OOM".to_owned(), 7)])),
        commands: Vec::new(),
    }
}

fn memory() -> CacheMemory {
    CacheMemory {
        used_bytes: 241_172_480,
        peak_bytes: Some(268_435_456),
        rss_bytes: Some(390_070_272),
        fragmentation_ratio: 1.62,
        limit_bytes: Some(268_435_456),
        policy: Some("allkeys-lfu".to_owned()),
    }
}

fn patterns() -> Vec<KeyPattern> {
    let hot = KeyPattern {
        pattern: "availability:{id}:*".to_owned(),
        kinds: vec!["string".to_owned()],
        sampled_keys: 8_100,
        keys: interval(487_745.0, 479_500.0, 496_000.0),
        bytes: Some(130_023_424),
        memory_ratio: Some(0.54),
        without_ttl_ratio: 0.0,
        ttl_median_s: Some(152.0),
        ttl_written_s: Some(300.0),
        idle_quantiles_s: None,
        accesses_per_min: Answer::Found(interval(41.0, 30.0, 55.0)),
        hot_keys: Some(interval(310_000.0, 301_000.0, 319_000.0)),
        cold_keys: Some(interval(22_000.0, 19_900.0, 24_300.0)),
        never_hit_ratio: Answer::Found(0.02),
    };
    let unread = KeyPattern {
        pattern: "webhook:{id}".to_owned(),
        kinds: vec!["hash".to_owned(), "string".to_owned()],
        memory_ratio: Some(0.39),
        ttl_written_s: None,
        ttl_median_s: Some(2_160_000.0),
        accesses_per_min: Answer::Found(interval(0.01, 0.0, 0.03)),
        hot_keys: None,
        never_hit_ratio: Answer::Found(0.97),
        ..hot.clone()
    };
    let forever = KeyPattern {
        pattern: "report:*".to_owned(),
        kinds: vec!["hash".to_owned()],
        keys: interval(12.0, 12.0, 12.0),
        bytes: None,
        memory_ratio: None,
        without_ttl_ratio: 1.0,
        ttl_median_s: None,
        ttl_written_s: None,
        idle_quantiles_s: Some([4.0, 90.0, 7_200.0]),
        accesses_per_min: Answer::absent("fewer than 30 keys were sampled"),
        hot_keys: None,
        cold_keys: None,
        never_hit_ratio: Answer::absent("its keys live for ever"),
        ..hot.clone()
    };
    vec![hot, unread, forever]
}

fn large_values() -> Vec<LargeValue> {
    let value = |name: &str, kind: &str, bytes, compression| LargeValue {
        name: name.to_owned(),
        pattern: "report:*".to_owned(),
        kind: kind.to_owned(),
        bytes,
        compression,
    };
    let trial = CompressionTrial {
        value_bytes: 4_100_000,
        read_bytes: 524_288,
        zstd_ratio: 0.11,
        zstd_compress_ms_per_mb: 3.4,
        zstd_decompress_ms_per_mb: 1.1,
        gzip_ratio: 0.13,
        gzip_compress_ms_per_mb: 21.0,
    };
    vec![
        value("report:monthly", "string", 4_194_368, Answer::Found(trial)),
        value(
            "report:rooms",
            "hash",
            1_468_006,
            Answer::absent("a hash is no single value that could be compressed"),
        ),
    ]
}

fn slow(
    command: &str,
    pattern: Option<&str>,
    count: u64,
    total_time_us: u64,
    longest_us: u64,
) -> SlowCommandGroup {
    SlowCommandGroup {
        command: command.to_owned(),
        pattern: pattern.map(str::to_owned),
        count,
        total_time_us,
        longest_us,
    }
}

fn check(code: &str, outcomes: Vec<CheckOutcome>) -> CacheCheckLine {
    let result = |outcome| CheckResult { subject: Subject::Part("redis".to_owned()), outcome };
    CacheCheckLine {
        code: code.to_owned(),
        summary: "What it looks for".to_owned(),
        reads: "INFO stats".to_owned(),
        threshold: "below 95 % is a warning, below 85 % is critical".to_owned(),
        source: "95 %: endurance runs; 85 %: requirement R1.6".to_owned(),
        results: outcomes.into_iter().map(result).collect(),
    }
}

fn checks() -> Vec<CacheCheckLine> {
    let numbers = BTreeMap::new;
    vec![
        check(
            "hit-ratio",
            vec![CheckOutcome::Warning {
                seen: "87.1 % of 100,000 look-ups found their key".to_owned(),
                remedy: "see the patterns".to_owned(),
                numbers: numbers(),
            }],
        ),
        check(
            "evictions",
            vec![
                CheckOutcome::Ok { seen: "none of the hot keys".to_owned(), numbers: numbers() },
                CheckOutcome::Critical {
                    seen: "412 keys were evicted in 30 s".to_owned(),
                    remedy: "give it more memory".to_owned(),
                    numbers: numbers(),
                },
            ],
        ),
        check("rejected-connections", Vec::new()),
        check(
            "slow-commands",
            vec![CheckOutcome::Skipped {
                why: "slowlog-log-slower-than is not known".to_owned(),
                remedy: "ACL SETUSER aforo +config|get".to_owned(),
            }],
        ),
    ]
}

fn findings() -> Vec<Finding> {
    let finding = |code: &str, severity, message: &str, remedy: &str| Finding {
        code: code.to_owned(),
        subject: Subject::Part("redis".to_owned()),
        severity,
        message: message.to_owned(),
        remedy: remedy.to_owned(),
        numbers: BTreeMap::new(),
    };
    vec![
        finding(
            "evictions",
            Severity::Critical,
            "412 keys were evicted in 30 s.",
            "raise maxmemory above 256 MiB, or store less: webhook:{id} takes 90 MiB and is hardly read",
        ),
        finding(
            "hit-ratio",
            Severity::Warning,
            "87.1 % of 100,000 look-ups found their key.",
            "see which patterns expire while they are used",
        ),
    ]
}
