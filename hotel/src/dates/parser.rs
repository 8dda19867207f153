//! The general parser: every run of words in every format.

use std::cmp::Reverse;
use std::ops::Range;

use chrono::NaiveDate;

use super::StayDates;
use super::mention::{Mention, MentionFormats};

/// The longest mention: "desde el viernes 12 de marzo de 2027 hasta el domingo 14 de marzo de 2027", and one to spare.
const MAX_MENTION_WORDS: usize = 16;

/// A general date parser. Like the one the real system uses it knows nothing of where in a text a date begins or ends:
/// it reads every run of words in one format after the other, then keeps the longest that made sense. That finds much
/// and costs much.
#[derive(Debug)]
pub struct DateParser {
    formats: MentionFormats,
}

impl DateParser {
    /// Compiles the formats; do it once.
    pub fn new() -> Self {
        Self { formats: MentionFormats::compile() }
    }

    /// The dates of a stay in a phrase of a message (see [`super::phrase`]) that is read on the day `today`.
    /// What is no date, is impossible or is past is passed over.
    pub fn stay(&self, phrase: &str, today: NaiveDate) -> StayDates {
        StayDates::from_mentions(&self.mentions(phrase, today), today)
    }

    /// What was understood, in the order of the text. A longer mention wins over those it overlaps: "12 de marzo de 2027"
    /// over "el 12". Nights come first: "el viernes 2 noches" is no Friday the 2nd.
    fn mentions(&self, phrase: &str, today: NaiveDate) -> Vec<Mention> {
        let mut read: Vec<(Range<usize>, Mention)> = runs(phrase)
            .filter_map(|run| Some((run.clone(), self.formats.read(&phrase[run], today)?)))
            .collect();
        let counts_nights = |run: &Range<usize>, mention| {
            matches!(mention, Mention::Nights(_)) && phrase[run.clone()].contains("noche")
        };
        read.sort_by_key(|(run, mention)| Reverse((counts_nights(run, *mention), run.len())));
        let mut kept: Vec<(Range<usize>, Mention)> = Vec::new();
        for (run, mention) in read {
            if kept.iter().all(|(other, _)| run.end <= other.start || other.end <= run.start) {
                kept.push((run, mention));
            }
        }
        kept.sort_by_key(|(run, _)| run.start);
        kept.into_iter().map(|(_, mention)| mention).collect()
    }
}

impl Default for DateParser {
    fn default() -> Self {
        Self::new()
    }
}

/// Every run of up to [`MAX_MENTION_WORDS`] words, as a range of bytes.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let spaces = || text.match_indices(' ').map(|(at, _)| at);
    let starts: Vec<usize> = std::iter::once(0).chain(spaces().map(|at| at + 1)).collect();
    let ends: Vec<usize> = spaces().chain([text.len()]).collect();
    (0..starts.len()).flat_map(move |first| {
        let start = starts[first];
        ends[first..].iter().take(MAX_MENTION_WORDS).map(|end| start..*end).collect::<Vec<_>>()
    })
}
