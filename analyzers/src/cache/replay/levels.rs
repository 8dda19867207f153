//! A small cache in every process in front of the shared one.

use std::collections::VecDeque;

use aforo_model::cache::{CachePolicy, LevelsPoint};

use super::cache::Cache;
use super::requests::{Request, Requests};
use super::simulation::{play, ratio};

/// Sizes of the cache in each process, as shares of all bytes of the trace.
const LOCAL_SHARES: [f64; 4] = [0.01, 0.05, 0.10, 0.25];
/// Machines with a cache of their own; further ones share these, to bound the memory of a replay.
const MOST_PROCESSES: usize = 8;

/// The two levels at several sizes of the first, the second being an LRU cache of `shared_bytes`.
pub(super) fn levels(
    requests: &Requests<'_>,
    shared_bytes: u64,
    invalidation_latency_ms: u64,
) -> Vec<LevelsPoint> {
    let total = requests.distinct_bytes() as f64;
    let point = |share: f64| {
        let local_bytes = (total * share) as u64;
        let news = Levels::new(requests, local_bytes, shared_bytes, Some(invalidation_latency_ms)).play();
        let no_news = Levels::new(requests, local_bytes, shared_bytes, None).play();
        LevelsPoint {
            local_bytes,
            local_hit_ratio: ratio(news.local_hits, requests.reads()),
            hit_ratio: ratio(news.local_hits + news.shared_hits, requests.reads()),
            invalidation_latency_ms,
            stale_reads: news.stale_reads,
            stale_reads_without_news: no_news.stale_reads,
        }
    };
    LOCAL_SHARES.into_iter().map(point).collect()
}

struct Local {
    cache: Cache,
    /// Of each key, the version that was stored.
    versions: Vec<u32>,
}

struct Levels<'requests> {
    requests: &'requests Requests<'requests>,
    locals: Vec<Local>,
    shared: Cache,
    /// Of each key, how often it changed.
    versions: Vec<u32>,
    latency_us: Option<u64>,
    /// Changes that others do not know of yet: when they will, the key, and its version since.
    news: VecDeque<(u64, u32, u32)>,
    tally: Tally,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    local_hits: u64,
    shared_hits: u64,
    stale_reads: u64,
}

impl<'requests> Levels<'requests> {
    fn new(
        requests: &'requests Requests<'_>,
        local_bytes: u64,
        shared_bytes: u64,
        latency_ms: Option<u64>,
    ) -> Self {
        let keys = requests.trace.keys.len();
        let local =
            || Local { cache: Cache::new(CachePolicy::Lru, local_bytes, keys), versions: vec![0; keys] };
        let processes = (requests.trace.clients.max(1) as usize).min(MOST_PROCESSES);
        Self {
            requests,
            locals: (0..processes).map(|_| local()).collect(),
            shared: Cache::new(CachePolicy::Lru, shared_bytes, keys),
            versions: vec![0; keys],
            latency_us: latency_ms.map(|latency_ms| latency_ms * 1_000),
            news: VecDeque::new(),
            tally: Tally::default(),
        }
    }

    fn play(mut self) -> Tally {
        for &(now_us, client, request) in &self.requests.steps {
            self.spread_news(now_us);
            let process = client as usize % self.locals.len();
            self.locals[process].cache.advance(now_us);
            match request {
                Request::Read { key, .. } => self.read(now_us, process, key, request),
                Request::Write { key, .. } | Request::Expire { key, .. } | Request::Delete { key, .. } => {
                    play(&mut self.shared, self.requests, now_us, request);
                    self.change(now_us, process, key);
                }
                Request::Flush { .. } => {
                    play(&mut self.shared, self.requests, now_us, request);
                    for local in &mut self.locals {
                        play(&mut local.cache, self.requests, now_us, request);
                    }
                }
            }
        }
        self.tally
    }

    fn read(&mut self, now_us: u64, process: usize, key: u32, request: Request) {
        let place = key as usize;
        if self.locals[process].cache.read(key) {
            self.tally.local_hits += 1;
            self.tally.stale_reads += u64::from(self.locals[process].versions[place] != self.versions[place]);
            return;
        }
        self.tally.shared_hits += u64::from(play(&mut self.shared, self.requests, now_us, request));
        let Request::Read { bytes, lifetime_us, .. } = request else { return };
        // What the shared cache does not keep expires as if it did.
        let expires_us = self.shared.expires_us(key).unwrap_or(now_us.saturating_add(lifetime_us));
        let local = &mut self.locals[process];
        local.cache.insert(key, bytes, expires_us);
        local.versions[place] = self.versions[place];
    }

    /// Whoever changes a key forgets its own copy at once; the others do when the news arrives.
    fn change(&mut self, now_us: u64, process: usize, key: u32) {
        self.versions[key as usize] += 1;
        self.locals[process].cache.remove(key);
        if let Some(latency_us) = self.latency_us {
            self.news.push_back((now_us.saturating_add(latency_us), key, self.versions[key as usize]));
        }
    }

    fn spread_news(&mut self, now_us: u64) {
        while let Some(&(due_us, key, version)) = self.news.front() {
            if due_us > now_us {
                return;
            }
            self.news.pop_front();
            for local in &mut self.locals {
                if local.versions[key as usize] < version {
                    local.cache.remove(key);
                }
            }
        }
    }
}
