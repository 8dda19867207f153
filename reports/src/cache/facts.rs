//! What a cache report says in sentences, each under a word, and the titles that the formats share.

use aforo_model::Answer;
use aforo_model::cache::{AccessTracking, CacheCounters, CacheMemory, CacheReport, SampleEnd, SampleSummary};
use aforo_model::database::Grade;

use crate::counted::{counted, numbered};
use crate::figures::{self, ABSENT, count, percent};

pub(crate) const PATTERNS: &str = "Keys by pattern";
pub(crate) const TTL_ADVICE: &str = "Times to live that should be others";
pub(crate) const TTL_NOTE: &str = "Estimates, no proof: change one at a time and look again.";
pub(crate) const DROP: &str = "Stored and hardly read";
pub(crate) const PRELOAD: &str = "Refresh before they expire";
pub(crate) const PRELOAD_NOTE: &str =
    "Each expiry of a key that is used all the time is a miss. Renew these a little before they end.";
pub(crate) const LARGE_VALUES: &str = "Large values";
pub(crate) const LARGE_NOTE: &str = "Ratios are compressed to original size; ms are CPU for each MB, measured on parts \
    of the value on this machine.";
pub(crate) const SLOW: &str = "Slow commands, from the server's slow log";
pub(crate) const CHECKS: &str = "Checks";

/// The server, and what was read of it.
pub(crate) fn facts(report: &CacheReport) -> Vec<(&'static str, String)> {
    let mut facts = vec![("server", server(report))];
    if let Some(counters) = &report.counters {
        facts.push(("look-ups", lookups(counters, report.server.is_replica)));
        facts.extend(errors(counters).map(|said| ("errors", said)));
    }
    if let Answer::Absent { why } = &report.hit_ratio {
        facts.push(("hit ratio", format!("not known: {why}")));
    }
    facts.extend(report.memory.as_ref().map(|memory| ("memory", of_memory(memory))));
    match &report.sample {
        Answer::Found(summary) => {
            facts.extend([("sample", sample(summary)), ("accesses", tracking(summary.tracking))]);
        }
        Answer::Absent { why } => facts.push(("sample", format!("none: {why}"))),
    }
    facts
}

fn server(report: &CacheReport) -> String {
    let server = &report.server;
    let version = match &server.version {
        // A relative's version has its name.
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => format!("Redis {version}"),
        Some(version) => version.clone(),
        None => "version not known".to_owned(),
    };
    let node = if server.is_cluster_node { ", one node of a cluster" } else { "" };
    let replica = if server.is_replica { ", a replica" } else { "" };
    format!("{version} at {}{node}{replica}; read in {}", server.address, figures::span_s(report.elapsed_s))
}

fn lookups(counters: &CacheCounters, is_replica: bool) -> String {
    let since = if counters.is_window { "watched for" } else { "counted for" };
    let gone = if is_replica {
        // It counts none, whatever its primary does.
        "evictions and expiries are counted by the primary".to_owned()
    } else {
        format!("{} evicted, {} expired", counted(counters.evicted_keys, "key"), count(counters.expired_keys))
    };
    format!(
        "{} found, {} not; {gone}; {}; {since} {}",
        count(counters.keyspace_hits),
        count(counters.keyspace_misses),
        counted(counters.commands_processed, "command"),
        figures::span_s(counters.covered_s)
    )
}

/// Error answers by code, and connections that were refused.
fn errors(counters: &CacheCounters) -> Option<String> {
    let refused = (counters.rejected_connections > 0)
        .then(|| format!("{} refused", counted(counters.rejected_connections, "connection")));
    let by_code = counters.errors.iter().flatten().map(|(code, times)| format!("{} {code}", count(*times)));
    let said: Vec<String> = by_code.chain(refused).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn of_memory(memory: &CacheMemory) -> String {
    let limit = match memory.limit_bytes {
        Some(0) => "without a limit".to_owned(),
        Some(limit) => format!("of {}", figures::bytes(limit)),
        None => "limit not known".to_owned(),
    };
    format!(
        "{} in use, {limit}, {}; at most {}; resident {}, {} for each in use",
        figures::bytes(memory.used_bytes),
        memory.policy.as_deref().unwrap_or("policy not known"),
        figures::or_absent(memory.peak_bytes, figures::bytes),
        figures::or_absent(memory.rss_bytes, figures::bytes),
        numbered(&figures::significant(memory.fragmentation_ratio), "byte")
    )
}

fn sample(sample: &SampleSummary) -> String {
    let end = match sample.ended_by {
        SampleEnd::AllSeen => "all were seen",
        SampleEnd::EnoughKeys => "as many as asked for",
        SampleEnd::TimeOver => "the time was over",
        SampleEnd::RoundTripsOver => "the round trips were used up",
        SampleEnd::Interrupted => "the server stopped answering",
    };
    format!(
        "{} of {} ({}) in {}: {end}",
        count(sample.sampled_keys),
        counted(sample.total_keys, "key"),
        percent(sample.sampled_ratio),
        figures::span_s(sample.elapsed_s)
    )
}

fn tracking(tracking: AccessTracking) -> String {
    match tracking {
        AccessTracking::IdleTime => "estimated from the time since each key's last use".to_owned(),
        AccessTracking::Frequency { log_factor, decay_time_min } => {
            let number = |number: Option<u32>| number.map_or_else(|| ABSENT.to_owned(), |n| n.to_string());
            format!(
                "estimated from the server's LFU counters (lfu-log-factor {}, lfu-decay-time {})",
                number(log_factor),
                number(decay_time_min)
            )
        }
        AccessTracking::Unknown => "not known: they were not read".to_owned(),
    }
}

/// How many checks came to which grade.
pub(crate) fn checks(report: &CacheReport) -> String {
    let of = |grade: Grade| report.checks.iter().filter(|check| check.grade() == grade).count() as u64;
    format!(
        "{}: {} ok, {}, {} critical, {} skipped.",
        counted(report.checks.len() as u64, "check"),
        count(of(Grade::Ok)),
        counted(of(Grade::Warning), "warning"),
        count(of(Grade::Critical)),
        count(of(Grade::Skipped))
    )
}
