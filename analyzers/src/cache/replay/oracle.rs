//! Caches as simple as can be, to hold the fast ones against.

use aforo_model::cache::{CacheOperation, CachePolicy, Lifetime};
use proptest::prelude::*;

use super::cache::NEVER;
use super::optimum::Optimum;
use super::requests::{Request, Requests, prepare};
use super::simulation::simulate;
use super::traces::trace;

struct Entry {
    key: u32,
    bytes: u64,
    expires_us: u64,
    inserted: u64,
    used: u64,
    /// Uses, and for LFU the age at the last one.
    uses: u64,
    value: u64,
}

/// Looks at every entry for every question.
struct Naive {
    policy: CachePolicy,
    capacity_bytes: u64,
    entries: Vec<Entry>,
    now: u64,
    age: u64,
}

impl Naive {
    fn put(&mut self, key: u32, bytes: u64, expires_us: u64) {
        self.now += 1;
        if bytes > self.capacity_bytes {
            self.entries.retain(|entry| entry.key != key);
            return;
        }
        while bytes
            + self.entries.iter().filter(|entry| entry.key != key).map(|entry| entry.bytes).sum::<u64>()
            > self.capacity_bytes
        {
            let others = self.entries.iter().filter(|entry| entry.key != key);
            let victim = match self.policy {
                CachePolicy::Lru | CachePolicy::Optimum => others.min_by_key(|entry| (entry.used, 0)),
                CachePolicy::Fifo => others.min_by_key(|entry| (entry.inserted, 0)),
                CachePolicy::Lfu => others.min_by_key(|entry| (entry.value, entry.used)),
                CachePolicy::Ttl => others.min_by_key(|entry| (entry.expires_us, entry.used)),
            };
            let (key, value) = victim.map(|entry| (entry.key, entry.value)).unwrap();
            self.age = value;
            self.entries.retain(|entry| entry.key != key);
        }
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => {
                (entry.bytes, entry.expires_us, entry.used) = (bytes, expires_us, self.now);
                entry.uses += 1;
                entry.value = self.age + entry.uses;
            }
            None => self.entries.push(Entry {
                key,
                bytes,
                expires_us,
                inserted: self.now,
                used: self.now,
                uses: 1,
                value: self.age + 1,
            }),
        }
    }

    fn hits(mut self, requests: &Requests<'_>) -> u64 {
        let mut hits = 0;
        for &(now_us, _, request) in &requests.steps {
            self.entries.retain(|entry| entry.expires_us > now_us);
            let found = |entries: &[Entry], key| entries.iter().position(|entry: &Entry| entry.key == key);
            match request {
                Request::Read { key, bytes, lifetime_us } => match found(&self.entries, key) {
                    Some(at) => {
                        hits += 1;
                        self.now += 1;
                        let entry = &mut self.entries[at];
                        entry.used = self.now;
                        entry.uses += 1;
                        entry.value = self.age + entry.uses;
                    }
                    None => self.put(key, bytes, now_us.saturating_add(lifetime_us)),
                },
                Request::Write { key, bytes, lifetime_us } => {
                    let before_us = found(&self.entries, key).map_or(NEVER, |at| self.entries[at].expires_us);
                    let expires_us =
                        lifetime_us.map_or(before_us, |lifetime| now_us.saturating_add(lifetime));
                    self.put(key, bytes, expires_us);
                }
                Request::Expire { key, lifetime_us } => {
                    if let Some(at) = found(&self.entries, key) {
                        self.entries[at].expires_us = now_us.saturating_add(lifetime_us);
                    }
                }
                Request::Delete { key, .. } => self.entries.retain(|entry| entry.key != key),
                Request::Flush { .. } => self.entries.clear(),
            }
        }
        hits
    }
}

const KEYS: u32 = 12;

fn any_operation() -> impl Strategy<Value = CacheOperation> {
    let lifetime = prop_oneof![
        Just(Lifetime::Unchanged),
        Just(Lifetime::Forever),
        (0u64..60).prop_map(Lifetime::Millis)
    ];
    prop_oneof![
        8 => (0..KEYS).prop_map(|key| CacheOperation::Read { key }),
        3 => (0..KEYS, 0u64..400, any::<bool>(), lifetime.clone()).prop_map(|(key, value_bytes, is_whole, lifetime)| {
            CacheOperation::Write { key, value_bytes, is_whole, lifetime }
        }),
        1 => (0..KEYS, lifetime).prop_map(|(key, lifetime)| CacheOperation::Expire { key, lifetime }),
        1 => prop::collection::vec(0..KEYS, 1..4).prop_map(|keys| CacheOperation::Delete { keys }),
        1 => Just(CacheOperation::Flush { database: Some(0) }),
    ]
}

proptest! {
    #[test]
    fn every_policy_has_the_hits_of_its_simplest_form(
        operations in prop::collection::vec(any_operation(), 0..300),
        capacity_bytes in 0u64..3_000,
    ) {
        let trace = trace(KEYS, operations);
        let requests = prepare(&trace);
        for policy in super::policies::POLICIES {
            let naive = Naive { policy, capacity_bytes, entries: Vec::new(), now: 0, age: 0 };
            prop_assert_eq!(simulate(&requests, policy, capacity_bytes).hits, naive.hits(&requests), "{}", policy);
        }
    }

    #[test]
    fn a_larger_lru_cache_never_has_fewer_hits_when_values_are_of_one_size(
        reads in prop::collection::vec(0..KEYS, 0..400),
    ) {
        let trace = trace(KEYS, reads.into_iter().map(|key| CacheOperation::Read { key }));
        let requests = prepare(&trace);
        let entry = requests.distinct_bytes() / u64::from(KEYS);
        let hits: Vec<u64> =
            (1..=u64::from(KEYS)).map(|entries| simulate(&requests, CachePolicy::Lru, entries * entry).hits).collect();
        prop_assert!(hits.is_sorted(), "{:?}", hits);
    }

    #[test]
    fn no_policy_exceeds_the_optimum(
        operations in prop::collection::vec((0..KEYS, 0..10u32), 0..400),
        capacity_bytes in 0u64..3_000,
    ) {
        // Each key has one size; one in ten operations deletes and one writes.
        let operation = |(key, kind)| match kind {
            0 => CacheOperation::Delete { keys: vec![key] },
            1 => super::traces::write(key, u64::from(key) * 40),
            _ => CacheOperation::Read { key },
        };
        let trace = trace(KEYS, operations.into_iter().map(operation));
        let requests = prepare(&trace);
        let optimum = Optimum::of(&requests);
        for policy in super::policies::POLICIES {
            let outcome = simulate(&requests, policy, capacity_bytes);
            prop_assert!(outcome.hits <= optimum.hits(capacity_bytes), "{}", policy);
            prop_assert!(outcome.bytes_hit <= optimum.bytes_hit(capacity_bytes), "{} in bytes", policy);
        }
    }
}
