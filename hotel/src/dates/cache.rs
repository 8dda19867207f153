//! Remembering what date phrases mean: guests ask for the same few days.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use lru::LruCache;

use super::{DateParser, StayDates};

/// A longer phrase is rare, unlikely to come again, and would let strangers choose how much memory the cache holds.
const MAX_CACHED_PHRASE_BYTES: usize = 256;

/// A bounded cache in front of a [`DateParser`], shared between threads. What a phrase means changes at midnight, so an
/// entry counts only on the day it was made.
#[derive(Debug)]
pub struct DateCache {
    entries: Mutex<Entries>,
}

#[derive(Debug)]
struct Entries {
    stays: LruCache<String, Entry>,
    counts: CacheCounts,
}

#[derive(Debug)]
struct Entry {
    today: NaiveDate,
    stay: StayDates,
}

/// How often the cache knew the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Phrases that were remembered.
    pub hits: u64,
    /// Phrases that had to be parsed.
    pub misses: u64,
}

impl DateCache {
    /// A cache of at most so many phrases; the one longest unused makes way.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self {
            entries: Mutex::new(Entries { stays: LruCache::new(capacity), counts: CacheCounts::default() }),
        }
    }

    /// What the parser says about a phrase, today; parsed outside the lock.
    pub fn stay(&self, parser: &DateParser, phrase: &str, today: NaiveDate) -> StayDates {
        if let Some(stay) = self.lock().recall(phrase, today) {
            return stay;
        }
        let stay = parser.stay(phrase, today);
        if phrase.len() <= MAX_CACHED_PHRASE_BYTES {
            self.lock().stays.put(phrase.to_owned(), Entry { today, stay });
        }
        stay
    }

    /// How often the cache knew the answer since it was made.
    pub fn counts(&self) -> CacheCounts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // The worst a panic can leave behind is a count that is off by one.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn recall(&mut self, phrase: &str, today: NaiveDate) -> Option<StayDates> {
        let stay = self.stays.get(phrase).filter(|entry| entry.today == today).map(|entry| entry.stay);
        match stay {
            Some(_) => self.counts.hits += 1,
            None => self.counts.misses += 1,
        }
        stay
    }
}
