//! Reading the dates of a stay.

use std::num::NonZeroUsize;

use aforo_hotel::dates::{DateCache, DateParser, StayDates};

use crate::today;

/// How guests name their dates, as the bot's normalization leaves them.
const PHRASES: [&str; 12] = [
    "del 12 al 15 de marzo",
    "del 3 al 6 de abril",
    "el proximo viernes 2 noches",
    "este sabado",
    "12/03/2027 al 15/03/2027",
    "manana x 2 noches",
    "desde el viernes 12 de marzo de 2027 hasta el domingo 14 de marzo de 2027",
    "para el 24 de diciembre",
    "del 28 de junio al 2 de julio",
    "pasado manana",
    "el lunes que viene",
    "una noche el 5 de mayo",
];
/// More than there are phrases.
const CACHED: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not zero");

/// Phrases of dates, the parser for them, and a cache that knows them all.
pub struct DatePhrases {
    parser: DateParser,
    cache: DateCache,
}

impl Default for DatePhrases {
    /// Compiles the formats and fills the cache.
    fn default() -> Self {
        let phrases = Self { parser: DateParser::new(), cache: DateCache::new(CACHED) };
        phrases.recall();
        phrases
    }
}

impl DatePhrases {
    /// Every phrase read anew.
    pub fn parse(&self) -> Vec<StayDates> {
        PHRASES.iter().map(|phrase| self.parser.stay(phrase, today())).collect()
    }

    /// Every phrase remembered.
    pub fn recall(&self) -> Vec<StayDates> {
        PHRASES.iter().map(|phrase| self.cache.stay(&self.parser, phrase, today())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_names_a_day_and_is_remembered_as_it_was_read() {
        let phrases = DatePhrases::default();
        let read = phrases.parse();
        assert_eq!(read, phrases.recall());
        assert_eq!(phrases.cache.counts().hits, PHRASES.len() as u64);
        for (phrase, stay) in PHRASES.iter().zip(&read) {
            assert!(stay.check_in.is_some(), "{phrase}");
        }
    }
}
