//! A trace played through one cache.

use aforo_model::cache::{CachePolicy, PolicyPoint};

use super::cache::{Cache, NEVER};
use super::requests::{Request, Requests};

/// Blocks of consecutive reads that hits are counted in, for intervals.
pub(super) const BLOCKS: usize = 50;

/// What a cache did with a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) reads: u64,
    pub(super) hits: u64,
    pub(super) bytes_read: u64,
    pub(super) bytes_hit: u64,
    pub(super) evictions: u64,
    pub(super) expired: u64,
    pub(super) hits_by_block: Vec<u64>,
}

impl Outcome {
    pub(super) fn point(&self, capacity_bytes: u64) -> PolicyPoint {
        PolicyPoint {
            capacity_bytes,
            hit_ratio: ratio(self.hits, self.reads),
            byte_hit_ratio: ratio(self.bytes_hit, self.bytes_read),
            evictions: Some(self.evictions),
            expired: Some(self.expired),
        }
    }
}

/// A share; 0 of nothing.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Which block the read with this number is in.
pub(super) fn block_of(read: u64, reads: u64) -> usize {
    (u128::from(read) * BLOCKS as u128 / u128::from(reads.max(1))) as usize
}

/// Plays the trace through an empty cache.
pub(super) fn simulate(requests: &Requests<'_>, policy: CachePolicy, capacity_bytes: u64) -> Outcome {
    let mut cache = Cache::new(policy, capacity_bytes, requests.trace.keys.len());
    let mut outcome = Outcome {
        reads: 0,
        hits: 0,
        bytes_read: 0,
        bytes_hit: 0,
        evictions: 0,
        expired: 0,
        hits_by_block: vec![0; BLOCKS],
    };
    for &(now_us, _, request) in &requests.steps {
        let is_hit = play(&mut cache, requests, now_us, request);
        if let Request::Read { bytes, .. } = request {
            if is_hit {
                outcome.hits += 1;
                outcome.bytes_hit += bytes;
                outcome.hits_by_block[block_of(outcome.reads, requests.reads())] += 1;
            }
            outcome.reads += 1;
            outcome.bytes_read += bytes;
        }
    }
    outcome.evictions = cache.evictions;
    outcome.expired = cache.expired;
    outcome
}

/// Plays one step. It says whether the key was there.
pub(super) fn play(cache: &mut Cache, requests: &Requests<'_>, now_us: u64, request: Request) -> bool {
    cache.advance(now_us);
    match request {
        Request::Read { key, bytes, lifetime_us } => {
            let is_hit = cache.read(key);
            if !is_hit {
                cache.insert(key, bytes, now_us.saturating_add(lifetime_us));
            }
            is_hit
        }
        Request::Write { key, bytes, lifetime_us } => {
            let before_us = cache.expires_us(key);
            let expires_us = match lifetime_us {
                Some(lifetime_us) => now_us.saturating_add(lifetime_us),
                None => before_us.unwrap_or(NEVER),
            };
            cache.insert(key, bytes, expires_us);
            before_us.is_some()
        }
        Request::Expire { key, lifetime_us } => {
            let was_there = cache.expires_us(key).is_some();
            cache.set_expiry(key, now_us.saturating_add(lifetime_us));
            was_there
        }
        Request::Delete { key, .. } => cache.remove(key),
        Request::Flush { database } => {
            let keys = &requests.trace.keys;
            cache.remove_where(|key| {
                database
                    .is_none_or(|database| keys.get(key as usize).is_some_and(|key| key.database == database))
            });
            false
        }
    }
}
