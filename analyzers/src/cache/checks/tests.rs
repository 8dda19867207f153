//! The table against the folder, and what holds for every check.

use std::collections::BTreeSet;

use aforo_model::cache::CacheReport;
use aforo_model::database::{CheckOutcome, Grade};

use super::*;
use crate::cache::fixtures::{Fixture, key, slow};
use crate::cache::judge_cache;

fn judged(fixture: Fixture) -> CacheReport {
    judge_cache(fixture.evidence, "0.1.0", 1.5)
}

#[test]
fn every_file_is_a_line_of_the_table_in_order() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cache/checks");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stems = files.map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"));
    let stems: BTreeSet<_> = stems.filter(|stem| !["mod", "tests"].contains(&stem.as_str())).collect();
    let codes: Vec<_> = CHECKS.iter().map(|check| check.code.to_owned()).collect();
    assert_eq!(codes, stems.into_iter().collect::<Vec<_>>());
}

#[test]
fn codes_are_those_of_no_other_check() {
    let of_runs = crate::CHECKS.iter().map(|check| check.code);
    let others: BTreeSet<_> = crate::database_checks().map(|check| check.code).chain(of_runs).collect();
    for check in CHECKS {
        assert!(!others.contains(check.code), "{}", check.code);
        for text in [check.summary, check.reads, check.threshold, check.source] {
            assert!(!text.trim().is_empty(), "{}", check.code);
        }
    }
}

#[test]
fn a_healthy_cache_gives_no_finding() {
    let report = judged(Fixture::healthy());
    for line in &report.checks {
        assert_eq!(line.grade(), Grade::Ok, "{}: {:?}", line.code, line.results);
    }
    assert_eq!(report.findings, []);
    assert_eq!(report.hit_ratio.found(), Some(&0.99));
    let patterns: Vec<_> = report.patterns.iter().map(|pattern| pattern.pattern.as_str()).collect();
    assert_eq!(patterns, ["session:*", "room:*:price"]);
}

#[test]
fn a_cache_of_which_nothing_was_read_skips_every_check_and_says_what_lets_it_look() {
    let report = judged(Fixture::empty());
    for line in &report.checks {
        let [result] = &line.results[..] else { panic!("{}: {:?}", line.code, line.results) };
        let CheckOutcome::Skipped { why, remedy } = &result.outcome else {
            panic!("{}: {result:?}", line.code)
        };
        assert!(why.starts_with("NOPERM") && remedy.starts_with("ACL SETUSER"), "{}: {why}", line.code);
    }
    assert_eq!(report.findings, []);
    assert!(report.hit_ratio.found().is_none() && report.sample.found().is_none());
    assert_eq!(report.skipped.len(), 4);
}

#[test]
fn limits_evictions_and_uses_are_not_judged_by_a_replica() {
    let replica = Fixture::healthy()
        .with_counters(|counters| counters.evicted_keys = 7)
        .with_memory(|memory| (memory.limit_bytes, memory.policy) = (Some(0), Some("noeviction".to_owned())))
        .with(|evidence| evidence.server.is_replica = true);
    let report = judged(replica);
    let grades: Vec<_> =
        report.checks.iter().filter(|line| line.grade() == Grade::Skipped).map(|line| &line.code).collect();
    assert_eq!(
        grades,
        ["evictions", "memory-near-limit", "never-hit", "no-memory-limit", "noeviction-cache"]
    );
    assert_eq!(report.findings, []);
}

#[test]
fn an_empty_server_breaks_nothing_and_is_judged_only_where_it_tells() {
    let report = judged(Fixture::healthy().with_only(Vec::new()));
    assert_eq!(report.sample.found().unwrap().sampled_ratio, 1.0);
    let grades: Vec<_> =
        report.checks.iter().filter(|line| line.grade() == Grade::Skipped).map(|line| &line.code).collect();
    assert_eq!(grades, ["keys-without-ttl", "large-values", "never-hit"]);
}

#[test]
fn the_most_severe_comes_first_and_the_report_survives_being_saved() {
    let broken = || {
        Fixture::healthy()
            .with_counters(|counters| (counters.evicted_keys, counters.rejected_connections) = (5, 3))
            .with_keys([key("page:1", 3_000_000, Some(60), 1)])
            .with(|evidence| evidence.slow_log = Some(vec![slow("keys", None, 20_000)]))
    };
    let report = judged(broken());
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["rejected-connections", "evictions", "large-values", "slow-commands"]);
    let saved = serde_json::to_string(&report).unwrap();
    assert_eq!(saved, serde_json::to_string(&judged(broken())).unwrap());
    assert_eq!(serde_json::from_str::<CacheReport>(&saved).unwrap(), report);
}

#[test]
fn numbers_as_far_out_as_their_types_allow_break_nothing() {
    let report = judged(
        Fixture::healthy()
            .with_counters(|counters| {
                (counters.keyspace_hits, counters.keyspace_misses) = (u64::MAX, u64::MAX);
                (counters.covered_s, counters.evicted_keys) = (f64::MAX, u64::MAX);
                counters.commands[0].exec_time_us = u64::MAX;
            })
            .with_memory(|memory| (memory.used_bytes, memory.fragmentation_ratio) = (u64::MAX, f64::MAX))
            .with_keys([key("x:\\xff", u64::MAX, Some(u64::MAX / 1000), u64::MAX)])
            .with(|evidence| {
                evidence.slow_log =
                    Some(vec![slow("get", Some(""), u64::MAX), slow("get", Some(""), u64::MAX)]);
                evidence.sample.as_mut().unwrap().total_keys = u64::MAX;
            }),
    );
    assert!(!report.findings.is_empty());
    let saved = serde_json::to_string(&report).unwrap();
    assert!(serde_json::from_str::<CacheReport>(&saved).is_ok(), "{saved}");
}
