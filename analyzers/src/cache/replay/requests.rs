//! The trace as a cache sees it: what a miss would load, and which writes only fill the real cache after one.

use std::collections::HashMap;

use aforo_model::cache::{CacheOperation, CacheTrace, Lifetime};

use super::cache::NEVER;

/// What Redis keeps beside a name and a value: measured on 7.0 with 50,000 keys (87 bytes without expiry, 130 with).
const ENTRY_BYTES: u64 = 108;
/// Taken for a value when the trace shows no size at all.
const UNKNOWN_VALUE_BYTES: u64 = 512;
/// A write within this time after a read of a key that was not known to be there is the load after a miss.
const FILL_WITHIN_US: u64 = 1_000_000;

/// One step of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// On a miss, so many bytes are loaded, to live so long.
    Read {
        key: u32,
        bytes: u64,
        lifetime_us: u64,
    },
    /// `None`: the time that the key lives stays as it is.
    Write {
        key: u32,
        bytes: u64,
        lifetime_us: Option<u64>,
    },
    Expire {
        key: u32,
        lifetime_us: u64,
    },
    /// `command` is the same for keys that were deleted together.
    Delete {
        key: u32,
        command: u32,
    },
    /// Number of a database; all where it is absent.
    Flush {
        database: Option<u32>,
    },
}

/// A trace made ready to be replayed.
#[derive(Debug)]
pub(super) struct Requests<'trace> {
    pub(super) trace: &'trace CacheTrace,
    /// With the time of each.
    pub(super) steps: Vec<(u64, u32, Request)>,
    /// For each read in order: whether the real server had the key, as far as the trace tells.
    pub(super) was_hit: Vec<bool>,
    pub(super) fills: u64,
    pub(super) keys_of_unknown_size: u64,
    /// Of each key, the most that it ever takes.
    pub(super) largest_bytes: Vec<u64>,
}

impl Requests<'_> {
    pub(super) fn reads(&self) -> u64 {
        self.was_hit.len() as u64
    }

    pub(super) fn distinct_bytes(&self) -> u64 {
        self.largest_bytes.iter().sum()
    }

    pub(super) fn pattern_of(&self, key: u32) -> usize {
        self.trace.keys.get(key as usize).map_or(0, |key| key.pattern as usize)
    }
}

/// Whether the real server has a key, as far as the trace tells.
#[derive(Debug, Clone, Copy)]
enum Presence {
    /// Nothing is known: the key is taken to have been there unless a fill follows.
    Unknown,
    Until(u64),
    Absent,
}

/// Makes a trace ready.
pub(super) fn prepare(trace: &CacheTrace) -> Requests<'_> {
    let fills = find_fills(trace);
    let sizes = Sizes::of(trace);
    let mut state = State {
        bytes: sizes.first.clone(),
        lifetimes: first_lifetimes(trace),
        steps: Vec::with_capacity(trace.events.len()),
        largest: sizes.first.clone(),
    };
    for (at, event) in trace.events.iter().enumerate() {
        state.take(event.time_us, event.client, &event.operation, at, &fills, &sizes);
    }
    Requests {
        trace,
        steps: state.steps,
        was_hit: fills.was_hit,
        fills: fills.count,
        keys_of_unknown_size: sizes.unknown,
        largest_bytes: state.largest,
    }
}

struct State {
    bytes: Vec<u64>,
    lifetimes: Vec<u64>,
    steps: Vec<(u64, u32, Request)>,
    largest: Vec<u64>,
}

impl State {
    fn take(
        &mut self,
        time_us: u64,
        client: u32,
        operation: &CacheOperation,
        at: usize,
        fills: &Fills,
        sizes: &Sizes,
    ) {
        let mut add = |request| self.steps.push((time_us, client, request));
        match *operation {
            CacheOperation::Read { key } => {
                let place = key as usize;
                add(Request::Read { key, bytes: self.bytes[place], lifetime_us: self.lifetimes[place] });
            }
            CacheOperation::Write { key, value_bytes, is_whole, lifetime } => {
                let place = key as usize;
                let bytes = value_bytes + sizes.beside_value(key);
                self.bytes[place] = if is_whole { bytes } else { bytes.max(self.bytes[place]) };
                self.largest[place] = self.largest[place].max(self.bytes[place]);
                let lifetime_us = lifetime_us(lifetime);
                self.lifetimes[place] = lifetime_us.unwrap_or(self.lifetimes[place]);
                if !fills.is_fill[at] {
                    add(Request::Write { key, bytes: self.bytes[place], lifetime_us });
                }
            }
            CacheOperation::Expire { key, lifetime } => {
                let Some(lifetime_us) = lifetime_us(lifetime) else { return };
                self.lifetimes[key as usize] = lifetime_us;
                if !fills.is_fill[at] {
                    add(Request::Expire { key, lifetime_us });
                }
            }
            CacheOperation::Delete { ref keys } => {
                keys.iter().for_each(|key| add(Request::Delete { key: *key, command: at as u32 }));
            }
            CacheOperation::Flush { database } => add(Request::Flush { database }),
        }
    }
}

fn lifetime_us(lifetime: Lifetime) -> Option<u64> {
    match lifetime {
        Lifetime::Unchanged => None,
        Lifetime::Forever => Some(NEVER),
        Lifetime::Millis(millis) => Some(millis.saturating_mul(1_000)),
    }
}

/// Which writes are fills, and which reads were hits.
struct Fills {
    /// For each event; what sets the expiry of a fill belongs to it.
    is_fill: Vec<bool>,
    /// For each read.
    was_hit: Vec<bool>,
    count: u64,
}

/// What is known of a key on the way through the trace.
#[derive(Debug, Clone)]
struct KeyState {
    presence: Presence,
    /// Reads that a fill would turn into misses: when, and which of the reads.
    open: Vec<(u64, usize)>,
    filled_us: Option<u64>,
    /// Flushes of its database that it has seen.
    flushes: u64,
}

fn find_fills(trace: &CacheTrace) -> Fills {
    let mut known = Known::new(trace);
    let mut fills = Fills { is_fill: vec![false; trace.events.len()], was_hit: Vec::new(), count: 0 };
    for (at, event) in trace.events.iter().enumerate() {
        let now_us = event.time_us;
        match &event.operation {
            CacheOperation::Read { key } => {
                let is_hit = known.of(*key).read(now_us, fills.was_hit.len());
                fills.was_hit.push(is_hit);
            }
            CacheOperation::Write { key, is_whole, lifetime, .. } => {
                let state = known.of(*key);
                for (time_us, read) in state.open.drain(..) {
                    if now_us.saturating_sub(time_us) <= FILL_WITHIN_US {
                        fills.is_fill[at] = true;
                        fills.was_hit[read] = false;
                    }
                }
                state.filled_us = fills.is_fill[at].then_some(now_us);
                fills.count += u64::from(fills.is_fill[at]);
                state.write(now_us, *is_whole, lifetime_us(*lifetime));
            }
            CacheOperation::Expire { key, lifetime } => {
                let state = known.of(*key);
                fills.is_fill[at] =
                    state.filled_us.is_some_and(|time_us| now_us.saturating_sub(time_us) <= FILL_WITHIN_US);
                state.expire(now_us, lifetime_us(*lifetime));
            }
            CacheOperation::Delete { keys: deleted } => deleted.iter().for_each(|key| {
                let state = known.of(*key);
                state.open.clear();
                state.presence = Presence::Absent;
            }),
            CacheOperation::Flush { database } => known.flush(*database),
        }
    }
    fills
}

impl KeyState {
    fn read(&mut self, now_us: u64, read: usize) -> bool {
        let (is_hit, is_known) = match self.presence {
            Presence::Unknown => (true, false),
            Presence::Until(expires_us) => (now_us < expires_us, true),
            Presence::Absent => (false, true),
        };
        if !(is_hit && is_known) {
            self.open.push((now_us, read));
        }
        is_hit
    }

    fn write(&mut self, now_us: u64, is_whole: bool, lifetime_us: Option<u64>) {
        self.presence = match (lifetime_us, self.presence) {
            (Some(lifetime_us), _) => Presence::Until(now_us.saturating_add(lifetime_us)),
            (None, Presence::Until(expires_us)) if now_us < expires_us => self.presence,
            // A part was written to what may have been there, with a time of its own.
            (None, Presence::Unknown) if !is_whole => Presence::Unknown,
            (None, _) => Presence::Until(NEVER),
        };
    }

    fn expire(&mut self, now_us: u64, lifetime_us: Option<u64>) {
        if let (Some(lifetime_us), Presence::Unknown | Presence::Until(_)) = (lifetime_us, self.presence) {
            self.presence = Presence::Until(now_us.saturating_add(lifetime_us));
        }
    }
}

/// What is known of every key.
struct Known<'trace> {
    trace: &'trace CacheTrace,
    states: Vec<KeyState>,
    all_flushes: u64,
    database_flushes: HashMap<u32, u64>,
}

impl<'trace> Known<'trace> {
    fn new(trace: &'trace CacheTrace) -> Self {
        let start = KeyState { presence: Presence::Unknown, open: Vec::new(), filled_us: None, flushes: 0 };
        Self {
            trace,
            states: vec![start; trace.keys.len()],
            all_flushes: 0,
            database_flushes: HashMap::new(),
        }
    }

    /// Flushes are looked up when a key is, so that one costs no more than another command.
    fn of(&mut self, key: u32) -> &mut KeyState {
        let database = self.trace.keys[key as usize].database;
        let flushes = self.all_flushes + self.database_flushes.get(&database).copied().unwrap_or_default();
        let state = &mut self.states[key as usize];
        if state.flushes < flushes {
            *state = KeyState { presence: Presence::Absent, open: Vec::new(), filled_us: None, flushes };
        }
        state
    }

    fn flush(&mut self, database: Option<u32>) {
        match database {
            Some(database) => *self.database_flushes.entry(database).or_default() += 1,
            None => self.all_flushes += 1,
        }
    }
}

/// How large keys are before the trace shows it.
struct Sizes {
    /// Bytes of each key by its first whole write, or else what keys of its pattern have.
    first: Vec<u64>,
    beside_values: Vec<u64>,
    unknown: u64,
}

impl Sizes {
    fn of(trace: &CacheTrace) -> Self {
        let mut first: Vec<Option<u64>> = vec![None; trace.keys.len()];
        for event in &trace.events {
            if let CacheOperation::Write { key, value_bytes, .. } = event.operation {
                first[key as usize].get_or_insert(value_bytes);
            }
        }
        let mut by_pattern = vec![(0u64, 0u64); trace.patterns.len()];
        let mut all = (0u64, 0u64);
        for (key, bytes) in trace.keys.iter().zip(&first) {
            if let Some(bytes) = bytes {
                for (sum, count) in by_pattern.get_mut(key.pattern as usize).into_iter().chain([&mut all]) {
                    *sum += bytes;
                    *count += 1;
                }
            }
        }
        let mean = |(sum, count): (u64, u64)| sum.checked_div(count);
        let beside_values: Vec<u64> =
            trace.keys.iter().map(|key| u64::from(key.name_bytes) + ENTRY_BYTES).collect();
        let unknown = first.iter().filter(|bytes| bytes.is_none()).count() as u64;
        let of_pattern = |pattern: u32| by_pattern.get(pattern as usize).copied().and_then(mean);
        let value = |(key, bytes): (&aforo_model::cache::TracedKey, Option<u64>)| {
            bytes.or_else(|| of_pattern(key.pattern)).or_else(|| mean(all)).unwrap_or(UNKNOWN_VALUE_BYTES)
        };
        let values = trace.keys.iter().zip(first).map(value);
        let first = values.zip(&beside_values).map(|(value, beside)| value + beside).collect();
        Self { first, beside_values, unknown }
    }

    fn beside_value(&self, key: u32) -> u64 {
        self.beside_values[key as usize]
    }
}

/// How long each key lives when it is loaded before the trace shows it: as after its first write, or else as most of its pattern.
fn first_lifetimes(trace: &CacheTrace) -> Vec<u64> {
    let mut first: Vec<Option<u64>> = vec![None; trace.keys.len()];
    for event in &trace.events {
        if let CacheOperation::Write { key, lifetime, .. } | CacheOperation::Expire { key, lifetime } =
            event.operation
            && let Some(lifetime_us) = lifetime_us(lifetime)
        {
            let known = first[key as usize].get_or_insert(lifetime_us);
            if *known == NEVER && matches!(event.operation, CacheOperation::Expire { .. }) {
                *known = lifetime_us;
            }
        }
    }
    let mut by_pattern: Vec<Vec<u64>> = vec![Vec::new(); trace.patterns.len()];
    for (key, lifetime_us) in trace.keys.iter().zip(&first) {
        if let (Some(lifetimes), Some(lifetime_us)) = (by_pattern.get_mut(key.pattern as usize), lifetime_us)
        {
            lifetimes.push(*lifetime_us);
        }
    }
    let medians: Vec<Option<u64>> = by_pattern.into_iter().map(median).collect();
    let of_pattern = |pattern: u32| medians.get(pattern as usize).copied().flatten();
    let keys = trace.keys.iter().zip(first);
    keys.map(|(key, first)| first.or_else(|| of_pattern(key.pattern)).unwrap_or(NEVER)).collect()
}

/// The middle value, the lower one of two, so that it is one that was seen.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}
