//! Made-up traces for tests.

use aforo_model::cache::{
    CacheOperation, CacheTrace, Lifetime, TraceEnd, TraceEvent, TracedKey, TracedServer,
};

use crate::statistics::Random;

/// A trace of these operations, one a millisecond, on `keys` keys of one pattern with a name of four bytes.
pub(super) fn trace(keys: u32, operations: impl IntoIterator<Item = CacheOperation>) -> CacheTrace {
    let event = |(at, operation)| TraceEvent { time_us: at as u64 * 1_000, client: 0, operation };
    let events: Vec<TraceEvent> = operations.into_iter().enumerate().map(event).collect();
    CacheTrace {
        duration_s: events.len() as f64 / 1e3,
        end: TraceEnd::Duration,
        commands: events.len() as u64,
        events,
        keys: (0..keys).map(|_| TracedKey { database: 0, name_bytes: 4, pattern: 0, tag: None }).collect(),
        patterns: vec!["item:*".to_owned()],
        tags: Vec::new(),
        clients: 1,
        unknown_commands: std::collections::BTreeMap::new(),
        unread_lines: 0,
        server: TracedServer::default(),
    }
}

pub(super) fn read(key: u32) -> CacheOperation {
    CacheOperation::Read { key }
}

pub(super) fn write(key: u32, value_bytes: u64) -> CacheOperation {
    CacheOperation::Write { key, value_bytes, is_whole: true, lifetime: Lifetime::Forever }
}

/// Reads by Zipf's law with this exponent.
pub(super) fn zipf(keys: u32, reads: usize, exponent: f64, seed: u64) -> Vec<CacheOperation> {
    let mut sums: Vec<f64> = (1..=keys).map(|rank| f64::from(rank).powf(-exponent)).collect();
    for at in 1..sums.len() {
        sums[at] += sums[at - 1];
    }
    let total = sums.last().copied().unwrap_or_default();
    let mut random = Random::new(seed);
    let mut draw = || {
        let wanted = random.below(1 << 30) as f64 / f64::from(1 << 30) * total;
        read(sums.partition_point(|sum| *sum <= wanted) as u32)
    };
    (0..reads).map(|_| draw()).collect()
}
