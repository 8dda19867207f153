//! Understanding a guest's `WhatsApp` message: what is wanted, from when to when, for how many.
//!
//! [`Nlu`] does all of it. Its steps can also be taken one by one, to measure each: [`normalize()`] makes one spelling of many,
//! [`settle`] finds what is wanted by the rules of [`Patterns`], and what [`GuestPatterns::without_counts`] leaves is searched for
//! dates ([`crate::dates`]).

mod guests;
mod intent;
mod normalize;
mod patterns;
pub mod settle;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;

use chrono::NaiveDate;
use serde::Serialize;

pub use guests::GuestPatterns;
pub use intent::Intent;
pub use normalize::normalize;
pub use patterns::{Patterns, Rule};

use crate::dates::{self, CacheCounts, DateCache, DateParser, StayDates};

/// Phrases that the date cache of an [`Nlu`] holds: more than a season's days in several wordings, less than 1 MB.
pub const CACHED_PHRASES: NonZeroUsize = NonZeroUsize::new(2048).expect("2048 is not zero");

/// How sure it is that a message of which nothing but dates is understood asks for a room.
const DATES_ALONE_CONFIDENCE: f32 = 0.6;

/// Which known defects of the real system are on. Default: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NluOptions {
    /// Compile every pattern anew for every message.
    pub regex_per_call: bool,
    /// Parse every date phrase anew instead of remembering it.
    pub uncached_dates: bool,
    /// Try every pattern although the first that matched has settled the intent.
    pub late_exit: bool,
}

/// What a message means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Understanding {
    /// What the guest wants.
    pub intent: Intent,
    /// How sure that is, 0–1.
    pub confidence: f32,
    /// The day of arrival, never before today.
    pub check_in: Option<NaiveDate>,
    /// The day of departure, always after `check_in` where both are known.
    pub check_out: Option<NaiveDate>,
    /// For how many people.
    pub guests: Option<u8>,
}

/// The language understanding of the hotel's bot, made once and shared between requests. The options change what it
/// costs, never what it says.
#[derive(Debug)]
pub struct Nlu {
    /// `None` with the flaw `regex-per-call`.
    patterns: Option<Patterns>,
    settle: settle::Settle,
    date_parser: DateParser,
    /// `None` with the flaw `uncached-dates`.
    date_cache: Option<DateCache>,
}

impl Nlu {
    /// Prepares what the options allow to be prepared.
    pub fn new(options: NluOptions) -> Self {
        Self {
            patterns: (!options.regex_per_call).then(Patterns::compile),
            settle: if options.late_exit { settle::by_all_matches } else { settle::by_first_match },
            date_parser: DateParser::new(),
            date_cache: (!options.uncached_dates).then(|| DateCache::new(CACHED_PHRASES)),
        }
    }

    /// What `text` means when it is read on the day `today`. Of a text longer than a `WhatsApp` message can be, the rest
    /// is not read.
    pub fn understand(&self, text: &str, today: NaiveDate) -> Understanding {
        let compiled_for_this_call;
        let patterns = match &self.patterns {
            Some(patterns) => patterns,
            None => {
                compiled_for_this_call = Patterns::compile();
                &compiled_for_this_call
            }
        };
        let text = normalize(text);
        let stay = self.stay(&patterns.guests.without_counts(&text), today);
        let (intent, confidence) = match (self.settle)(&patterns.rules, &text) {
            Some(rule) => (rule.intent, rule.confidence),
            None if stay != StayDates::default() => (Intent::CheckAvailability, DATES_ALONE_CONFIDENCE),
            None => (Intent::Unknown, 0.0),
        };
        let (stay, guests) = match intent {
            // "Hasta mañana" and "hasta el viernes" name no departure.
            Intent::Goodbye => (StayDates::default(), None),
            // "Una persona" is who shall answer.
            Intent::HumanAgent => (stay, None),
            _ => (stay, patterns.guests.count(&text)),
        };
        Understanding { intent, confidence, check_in: stay.check_in, check_out: stay.check_out, guests }
    }

    /// How often the date cache knew the answer; `None` where there is no cache.
    pub fn date_cache_counts(&self) -> Option<CacheCounts> {
        self.date_cache.as_ref().map(DateCache::counts)
    }

    fn stay(&self, text: &str, today: NaiveDate) -> StayDates {
        let Some(phrase) = dates::phrase(text) else { return StayDates::default() };
        match &self.date_cache {
            Some(cache) => cache.stay(&self.date_parser, phrase, today),
            None => self.date_parser.stay(phrase, today),
        }
    }
}
