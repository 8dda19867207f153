//! Understanding guests' messages.

use aforo_hotel::nlu::{Nlu, NluOptions, Understanding};

use crate::today;

/// A message and what it means, a line, with a tab between them.
const CORPUS: &str = include_str!("../../../hotel/corpus/messages.txt");

/// The hotel's corpus of messages, and its tuned understanding: patterns compiled once, early exit, dates remembered.
pub struct GuestMessages {
    nlu: Nlu,
    texts: Vec<&'static str>,
}

impl Default for GuestMessages {
    /// Compiles the patterns.
    fn default() -> Self {
        let texts = CORPUS.lines().filter_map(|line| Some(line.split_once('\t')?.0)).collect();
        Self { nlu: Nlu::new(NluOptions::default()), texts }
    }
}

impl GuestMessages {
    /// What every message of the corpus means.
    pub fn understand(&self) -> Vec<Understanding> {
        self.texts.iter().map(|text| self.nlu.understand(text, today())).collect()
    }
}

#[cfg(test)]
mod tests {
    use aforo_hotel::nlu::Intent;

    use super::*;

    #[test]
    fn the_corpus_is_read_and_nearly_all_of_it_is_understood() {
        let messages = GuestMessages::default();
        let understood = messages.understand();
        assert_eq!(understood.len(), CORPUS.lines().count());
        let unknown = understood.iter().filter(|each| each.intent == Intent::Unknown).count();
        assert!(unknown * 10 < understood.len(), "{unknown} of {}", understood.len());
    }
}
