//! What was recorded, in figures.

use std::collections::HashSet;

use aforo_model::cache::{CacheOperation, PatternTraffic, TraceSummary};

use super::requests::{Request, Requests};
use super::simulation::ratio;

/// Patterns that are reported.
const PATTERNS: usize = 20;

#[derive(Debug, Clone, Copy, Default)]
struct Traffic {
    keys: u64,
    reads: u64,
    hits: u64,
    writes: u64,
    deletes: u64,
}

/// Sums up a trace.
pub(super) fn summarize(requests: &Requests<'_>) -> TraceSummary {
    let trace = requests.trace;
    let traffic = traffic(requests);
    let total = |part: fn(&Traffic) -> u64| traffic.iter().map(part).sum::<u64>();
    let hits = total(|traffic| traffic.hits);
    let counters = trace.server.counters;
    let of_server =
        counters.map(|counters| (counters.keyspace_hits, counters.keyspace_hits + counters.keyspace_misses));
    TraceSummary {
        duration_s: trace.duration_s,
        end: trace.end,
        commands: trace.commands,
        reads: requests.reads(),
        writes: total(|traffic| traffic.writes) - requests.fills,
        fills: requests.fills,
        deletes: total(|traffic| traffic.deletes),
        invalidations: trace.events.iter().filter(|event| invalidates_many(&event.operation)).count() as u64,
        keys: trace.keys.len() as u64,
        keys_of_unknown_size: requests.keys_of_unknown_size,
        distinct_bytes: requests.distinct_bytes(),
        clients: trace.clients,
        is_cluster_node: trace.server.is_cluster_node,
        is_replica: trace.server.is_replica,
        first_reads: first_reads(requests),
        inferred_hit_ratio: share(hits, requests.reads()),
        server_hit_ratio: of_server.and_then(|(hits, reads)| share(hits, reads)),
        counters,
        cost: trace.server.cost,
        patterns: patterns(requests, &traffic),
        unknown_commands: trace.unknown_commands.clone(),
        unread_lines: trace.unread_lines,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| ratio(part, whole))
}

fn invalidates_many(operation: &CacheOperation) -> bool {
    match operation {
        CacheOperation::Delete { keys } => keys.len() > 1,
        CacheOperation::Flush { .. } => true,
        _ => false,
    }
}

/// By pattern.
fn traffic(requests: &Requests<'_>) -> Vec<Traffic> {
    let mut traffic = vec![Traffic::default(); requests.trace.patterns.len()];
    for key in 0..requests.trace.keys.len() as u32 {
        traffic[requests.pattern_of(key)].keys += 1;
    }
    let mut was_hit = requests.was_hit.iter();
    for event in &requests.trace.events {
        match &event.operation {
            CacheOperation::Read { key } => {
                let of_pattern = &mut traffic[requests.pattern_of(*key)];
                of_pattern.reads += 1;
                of_pattern.hits += u64::from(was_hit.next().copied().unwrap_or_default());
            }
            CacheOperation::Write { key, .. } => traffic[requests.pattern_of(*key)].writes += 1,
            CacheOperation::Delete { keys } => {
                keys.iter().for_each(|key| traffic[requests.pattern_of(*key)].deletes += 1);
            }
            CacheOperation::Expire { .. } | CacheOperation::Flush { .. } => {}
        }
    }
    traffic
}

fn patterns(requests: &Requests<'_>, traffic: &[Traffic]) -> Vec<PatternTraffic> {
    let row = |(pattern, traffic): (&String, &Traffic)| PatternTraffic {
        pattern: pattern.clone(),
        keys: traffic.keys,
        reads: traffic.reads,
        inferred_hit_ratio: share(traffic.hits, traffic.reads),
        writes: traffic.writes,
        deletes: traffic.deletes,
    };
    let mut patterns: Vec<PatternTraffic> = requests.trace.patterns.iter().zip(traffic).map(row).collect();
    patterns.sort_by(|a, b| {
        (b.reads, b.writes).cmp(&(a.reads, a.writes)).then_with(|| a.pattern.cmp(&b.pattern))
    });
    patterns.truncate(PATTERNS);
    patterns
}

/// Reads of keys that were neither read nor written before.
fn first_reads(requests: &Requests<'_>) -> u64 {
    let mut seen = HashSet::new();
    let mut first = 0;
    for (_, _, request) in &requests.steps {
        match request {
            Request::Read { key, .. } => first += u64::from(seen.insert(*key)),
            Request::Write { key, .. } => {
                seen.insert(*key);
            }
            _ => {}
        }
    }
    first
}
