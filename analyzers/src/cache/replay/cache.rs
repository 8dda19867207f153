//! One cache of a size and a policy.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use aforo_model::cache::CachePolicy;

/// Expiry of an entry that has none.
pub(super) const NEVER: u64 = u64::MAX;

/// The smallest is evicted first. The second part is a number that no two entries share, so that there are no ties.
type Rank = (u64, u64);

#[derive(Debug, Clone, Copy)]
struct Entry {
    bytes: u64,
    expires_us: u64,
    frequency: u64,
    rank: Rank,
    /// The rank under which the entry lies in the queue. Ranks mostly grow, so the queue is set right only when the entry comes up.
    queued: Rank,
}

/// A cache in which every operation costs O(log n): entries lie in a queue by rank, and in another by expiry.
#[derive(Debug)]
pub(super) struct Cache {
    policy: CachePolicy,
    capacity_bytes: u64,
    used_bytes: u64,
    entries: Vec<Option<Entry>>,
    queue: BinaryHeap<Reverse<(Rank, u32)>>,
    expiries: BinaryHeap<Reverse<(u64, u32)>>,
    operations: u64,
    /// The frequency that the last evicted entry counted for: what is new starts from there, and so outlives what was once popular.
    age: u64,
    pub(super) evictions: u64,
    pub(super) expired: u64,
}

impl Cache {
    /// An empty cache for keys numbered below `keys`.
    pub(super) fn new(policy: CachePolicy, capacity_bytes: u64, keys: usize) -> Self {
        Self {
            policy,
            capacity_bytes,
            used_bytes: 0,
            entries: vec![None; keys],
            queue: BinaryHeap::new(),
            expiries: BinaryHeap::new(),
            operations: 0,
            age: 0,
            evictions: 0,
            expired: 0,
        }
    }

    /// Takes out what expired by now. To be called before anything else is done at this time.
    pub(super) fn advance(&mut self, now_us: u64) {
        while let Some(&Reverse((expires_us, key))) = self.expiries.peek() {
            if expires_us > now_us {
                return;
            }
            self.expiries.pop();
            if self.expires_us(key) == Some(expires_us) {
                self.remove(key);
                self.expired += 1;
            }
        }
    }

    /// When an entry expires; `None` if it is not there.
    pub(super) fn expires_us(&self, key: u32) -> Option<u64> {
        self.entry(key).map(|entry| entry.expires_us)
    }

    /// Reads a key: whether it is there. It counts as a use.
    pub(super) fn read(&mut self, key: u32) -> bool {
        let Some(entry) = self.entry(key).copied() else { return false };
        self.operations += 1;
        self.place(key, Entry { frequency: entry.frequency + 1, ..entry }, Some(entry));
        true
    }

    /// Writes a key, which counts as a use of one that is there. An entry larger than the whole cache is not kept.
    pub(super) fn insert(&mut self, key: u32, bytes: u64, expires_us: u64) {
        self.operations += 1;
        if bytes > self.capacity_bytes {
            self.remove(key);
            return;
        }
        let before = self.entry(key).copied();
        let others = self.used_bytes - before.map_or(0, |entry| entry.bytes);
        self.make_room(others + bytes, key);
        let frequency = before.map_or(0, |entry| entry.frequency) + 1;
        self.used_bytes = self.used_bytes - before.map_or(0, |entry| entry.bytes) + bytes;
        self.place(key, Entry { bytes, expires_us, frequency, rank: (0, 0), queued: (0, 0) }, before);
    }

    /// Changes when a key expires, which is no use of it.
    pub(super) fn set_expiry(&mut self, key: u32, expires_us: u64) {
        let Some(entry) = self.entry(key).copied() else { return };
        let rank = if self.policy == CachePolicy::Ttl { (expires_us, entry.rank.1) } else { entry.rank };
        self.keep(key, Entry { expires_us, rank, ..entry }, Some(entry));
    }

    /// Takes a key out: whether it was there.
    pub(super) fn remove(&mut self, key: u32) -> bool {
        let removed = self.entries.get_mut(key as usize).and_then(Option::take);
        self.used_bytes -= removed.map_or(0, |entry| entry.bytes);
        removed.is_some()
    }

    /// Takes out every key that is meant.
    pub(super) fn remove_where(&mut self, is_meant: impl Fn(u32) -> bool) {
        // The queue has every entry, and not many more.
        for Reverse((_, key)) in self.queue.iter().copied().collect::<Vec<_>>() {
            if is_meant(key) {
                self.remove(key);
            }
        }
        let entries = &self.entries;
        self.queue.retain(|Reverse((_, key))| entries.get(*key as usize).is_some_and(Option::is_some));
    }

    fn entry(&self, key: u32) -> Option<&Entry> {
        self.entries.get(key as usize).and_then(Option::as_ref)
    }

    /// Ranks an entry after a use and keeps it.
    fn place(&mut self, key: u32, entry: Entry, before: Option<Entry>) {
        let now = self.operations;
        // LFU with dynamic ageing: Arlitt, Cherkasova, Dilley, Friedrich, Jin: "Evaluating content management techniques for Web
        // proxy caches" (2000).
        let (frequency, rank) = match self.policy {
            CachePolicy::Lfu => (entry.frequency, (self.age + entry.frequency, now)),
            CachePolicy::Fifo => (entry.frequency, before.map_or((now, 0), |before| before.rank)),
            CachePolicy::Ttl => (entry.frequency, (entry.expires_us, now)),
            CachePolicy::Lru | CachePolicy::Optimum => (entry.frequency, (now, 0)),
        };
        self.keep(key, Entry { frequency, rank, ..entry }, before);
    }

    fn keep(&mut self, key: u32, mut entry: Entry, before: Option<Entry>) {
        // A rank that grew is found when it comes up; one that shrank would be found too late.
        entry.queued = match before {
            Some(before) if before.queued <= entry.rank => before.queued,
            _ => {
                self.queue.push(Reverse((entry.rank, key)));
                entry.rank
            }
        };
        if entry.expires_us != NEVER && before.is_none_or(|before| before.expires_us != entry.expires_us) {
            self.expiries.push(Reverse((entry.expires_us, key)));
        }
        if let Some(place) = self.entries.get_mut(key as usize) {
            *place = Some(entry);
        }
    }

    /// Evicts others than `kept` until `wanted_bytes` fit.
    fn make_room(&mut self, mut wanted_bytes: u64, kept: u32) {
        let mut aside = None;
        while wanted_bytes > self.capacity_bytes {
            let Some(Reverse((rank, key))) = self.queue.pop() else { break };
            let Some(entry) = self.entry(key).copied().filter(|entry| entry.queued == rank) else { continue };
            if key == kept {
                aside = Some(Reverse((rank, key)));
            } else if entry.rank > rank {
                self.queue.push(Reverse((entry.rank, key)));
                if let Some(Some(entry)) = self.entries.get_mut(key as usize) {
                    entry.queued = entry.rank;
                }
            } else {
                self.remove(key);
                self.evictions += 1;
                self.age = if self.policy == CachePolicy::Lfu { rank.0 } else { 0 };
                wanted_bytes -= entry.bytes;
            }
        }
        self.queue.extend(aside);
    }
}
