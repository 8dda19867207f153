//! A stream of guests' messages of realistic mix, the same each time.
//!
//! The hotel's own corpus tests every intent alike, and names each date once. Guests do neither: most ask for rooms, and many for the
//! same few days. What we assume of them is in `MIX` and in `stays`; nobody has counted it.

mod stays;

use aforo_hotel::{dates, nlu};
use chrono::NaiveDate;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// The day on which the stream is read, a Wednesday.
pub const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2027, 3, 10).expect("a day of the calendar");

/// Messages in the stream, as many as a day of a large hotel. The longer it is, the more of its dates have been named before.
const MESSAGES: usize = 3_000;

/// Any seed will do; another makes another stream of the same kind.
const SEED: u64 = 7;

/// What the hotel is tested on: a message, a tab, its intent.
const TESTED: &str = include_str!("../../../hotel/corpus/messages.txt");

/// Of what the hotel's corpus has too few: a message, with places for what is drawn, a tab, its intent.
const ABOUT_ROOMS: &str = include_str!("../corpus/rooms.txt");

/// A guest's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// As it was written.
    pub text: String,
    /// What a person would say it asks for, as the hotel's corpus names it.
    pub intent: &'static str,
}

/// What guests write about.
struct Topic {
    intent: &'static str,
    /// Of how many messages in 100.
    share: u32,
    /// How many of these name dates, 0–1.
    dated_share: f64,
}

impl Topic {
    const fn new(intent: &'static str, share: u32, dated_share: f64) -> Self {
        Self { intent, share, dated_share }
    }
}

/// Our assumption of a hotel's chat: more than half of it is about rooms and their prices, and of that three quarters name dates.
const MIX: [Topic; 15] = [
    Topic::new("check_availability", 30, 0.85),
    Topic::new("make_reservation", 10, 0.70),
    Topic::new("prices", 14, 0.60),
    Topic::new("services", 9, 0.0),
    Topic::new("greeting", 7, 0.0),
    Topic::new("thanks", 6, 0.0),
    Topic::new("my_reservation", 4, 0.20),
    Topic::new("check_in_times", 4, 0.0),
    Topic::new("location", 4, 0.0),
    Topic::new("modify_reservation", 3, 0.50),
    Topic::new("cancel_reservation", 3, 0.30),
    Topic::new("goodbye", 2, 0.20),
    Topic::new("unknown", 2, 0.0),
    Topic::new("complaint", 1, 0.0),
    Topic::new("human_agent", 1, 0.0),
];

/// What guests write to the hotel on [`TODAY`], in the order in which they do.
pub fn message_stream() -> Vec<Message> {
    let mut random = StdRng::seed_from_u64(SEED);
    let patterns = nlu::Patterns::compile();
    let names_dates = |(text, _): &Labelled| date_phrase(&patterns, text).is_some();
    let has_dates_drawn = |(text, _): &Labelled| text.contains("{stay}") || text.contains("{day}");
    let (dated, undated): (Vec<_>, Vec<_>) = labelled(ABOUT_ROOMS).partition(has_dates_drawn);
    let plain: Vec<_> = labelled(TESTED).filter(|message| !names_dates(message)).chain(undated).collect();
    (0..MESSAGES).map(|_| message(&plain, &dated, &mut random)).collect()
}

/// The part of a message that the hotel looks up in its date cache; `None` if the message names no dates.
pub fn date_phrase(patterns: &nlu::Patterns, text: &str) -> Option<String> {
    dates::phrase(&patterns.guests.without_counts(&nlu::normalize(text))).map(str::to_owned)
}

/// A message and its intent.
type Labelled = (&'static str, &'static str);

fn labelled(corpus: &'static str) -> impl Iterator<Item = Labelled> {
    corpus.lines().map(|line| line.split_once('\t').expect("a message, a tab, its intent"))
}

fn message(plain: &[Labelled], dated: &[Labelled], random: &mut StdRng) -> Message {
    let topic = MIX.choose_weighted(random, |topic| topic.share).expect("every topic has its share");
    let known = if random.random_bool(topic.dated_share) { dated } else { plain };
    let wordings: Vec<&str> =
        known.iter().filter(|(_, intent)| *intent == topic.intent).map(|(text, _)| *text).collect();
    let wording =
        wordings.choose(random).expect("there are messages of every topic, with dates where it has some");
    Message { text: filled(wording, random), intent: topic.intent }
}

/// The message with a stay, a day, a party in their places.
fn filled(wording: &str, random: &mut StdRng) -> String {
    /// Most travel in pairs.
    const PARTIES: [(&str, &str, u32); 6] = [
        ("1 persona", "1", 8),
        ("2 personas", "2", 40),
        ("dos", "2", 12),
        ("2 adultos y 1 niño", "3", 14),
        ("4 personas", "4", 18),
        ("2 adultos y 2 niños", "4", 8),
    ];
    let (people, number, _) =
        PARTIES.choose_weighted(random, |(_, _, weight)| *weight).expect("the weights are above zero");
    wording
        .replace("{stay}", &stays::stay(TODAY, random))
        .replace("{day}", &stays::arrival(TODAY, random))
        .replace("{people}", people)
        .replace("{number}", number)
}

#[cfg(test)]
mod tests;
