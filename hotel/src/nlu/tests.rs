use std::collections::HashSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// What guests write, with the intent a person gave each message.
const CORPUS: &str = include_str!("../../corpus/messages.txt");

static TUNED: LazyLock<Nlu> = LazyLock::new(|| Nlu::new(NluOptions::default()));

/// The flaws of reading, each by itself: cheap enough for every message.
static FLAWED: LazyLock<[Nlu; 2]> = LazyLock::new(|| {
    let tuned = NluOptions::default();
    [NluOptions { uncached_dates: true, ..tuned }, NluOptions { late_exit: true, ..tuned }].map(Nlu::new)
});

/// The flaw of compiling, by itself and with all others. Every message costs it all patterns, so it gets a few.
static COMPILING: LazyLock<[Nlu; 2]> = LazyLock::new(|| {
    let compiling = NluOptions { regex_per_call: true, ..NluOptions::default() };
    [compiling, NluOptions { uncached_dates: true, late_exit: true, ..compiling }].map(Nlu::new)
});

/// Wednesday.
fn today() -> NaiveDate {
    ymd("2027-03-10")
}

fn ymd(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn corpus() -> impl Iterator<Item = (&'static str, &'static str)> {
    CORPUS.lines().map(|line| line.split_once('\t').expect("a message, a tab, an intent"))
}

fn name(intent: Intent) -> String {
    serde_json::to_value(intent).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_intent_of_at_least_95_in_100_messages_is_found() {
    let wrong: Vec<String> = corpus()
        .map(|(text, expected)| (text, expected, name(TUNED.understand(text, today()).intent)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(text, expected, found)| format!("{text}: {expected}, not {found}"))
        .collect();
    let total = corpus().count();
    assert!(total >= 200, "{total} messages");
    assert!(wrong.len() * 20 <= total, "{} of {total} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_corpus_names_every_intent_and_only_known_ones() {
    let mut expected: Vec<&str> = corpus().map(|(_, intent)| intent).collect();
    expected.sort_unstable();
    expected.dedup();
    let known = [
        "cancel_reservation",
        "check_availability",
        "check_in_times",
        "complaint",
        "goodbye",
        "greeting",
        "human_agent",
        "location",
        "make_reservation",
        "modify_reservation",
        "my_reservation",
        "prices",
        "services",
        "thanks",
        "unknown",
    ];
    assert_eq!(expected, known);
}

#[test]
fn a_message_gives_intent_dates_and_guests() {
    let understanding = |text| TUNED.understand(text, today());
    assert_eq!(
        understanding("¡Hola! ¿Tenéis habitación del 2 al 5 de enero para 2 personas? Gracias"),
        Understanding {
            intent: Intent::CheckAvailability,
            confidence: 0.94,
            check_in: Some(ymd("2028-01-02")),
            check_out: Some(ymd("2028-01-05")),
            guests: Some(2),
        }
    );
    let weekend = understanding("ola kiero reserbar hab pa este finde somos 4 xfa");
    assert_eq!(weekend.intent, Intent::MakeReservation);
    assert_eq!((weekend.check_in, weekend.check_out), (Some(ymd("2027-03-12")), Some(ymd("2027-03-14"))));
    assert_eq!(weekend.guests, Some(4));
}

#[test]
fn people_counted_after_a_weekday_are_no_day_of_the_month() {
    let stay = TUNED.understand("3 noches desde el lunes, 2 adultos y 1 niño", today());
    assert_eq!((stay.check_in, stay.check_out), (Some(ymd("2027-03-15")), Some(ymd("2027-03-18"))));
    assert_eq!(stay.guests, Some(3));
    assert_eq!(TUNED.understand("quiero hablar con una persona", today()).guests, None);
}

#[test]
fn dates_alone_ask_for_a_room_and_a_goodbye_names_no_date() {
    let dates = TUNED.understand("del 12 al 15 de abril", today());
    assert_eq!((dates.intent, dates.confidence), (Intent::CheckAvailability, 0.6));
    let departure = TUNED.understand("hasta el 20", today());
    assert_eq!((departure.intent, departure.check_out), (Intent::CheckAvailability, Some(ymd("2027-03-20"))));
    let goodbye = TUNED.understand("gracias, hasta mañana!", today());
    assert_eq!((goodbye.intent, goodbye.check_in, goodbye.check_out), (Intent::Goodbye, None, None));
    let unknown = TUNED.understand("asdf", today());
    assert_eq!((unknown.intent, unknown.confidence), (Intent::Unknown, 0.0));
}

#[test]
fn in_json_names_are_snake_case_and_what_is_not_known_is_null() {
    let json = serde_json::to_value(TUNED.understand("asdf", today())).unwrap();
    let expected = serde_json::json!({
        "intent": "unknown", "confidence": 0.0, "check_in": null, "check_out": null, "guests": null
    });
    assert_eq!(json, expected);
}

#[test]
fn no_flaw_changes_what_the_corpus_means() {
    let mut met = HashSet::new();
    for (text, intent) in corpus() {
        let tuned = TUNED.understand(text, today());
        for flawed in &*FLAWED {
            assert_eq!(flawed.understand(text, today()), tuned, "{text}");
        }
        if met.insert(intent) {
            assert_eq!(COMPILING[met.len() % 2].understand(text, today()), tuned, "{text}");
        }
    }
}

#[test]
fn the_date_cache_knows_most_of_what_guests_ask_a_second_time() {
    let nlu = Nlu::new(NluOptions::default());
    for _ in 0..4 {
        for (text, _) in corpus() {
            nlu.understand(text, today());
        }
    }
    let counts = nlu.date_cache_counts().unwrap();
    assert!(counts.hits >= 3 * counts.misses, "{counts:?}");
    assert_eq!(FLAWED[0].date_cache_counts(), None);
}

/// Words of the corpus in any order.
fn any_message() -> impl Strategy<Value = String> {
    let words: Vec<&str> = CORPUS.split_whitespace().collect();
    prop::collection::vec(prop::sample::select(words), 0..20).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_flaw_changes_what_any_message_means(text in any_message(), noise in any::<String>(), day in 735_000..750_000) {
        let today = NaiveDate::from_num_days_from_ce_opt(day).unwrap();
        for text in [text, noise] {
            let tuned = TUNED.understand(&text, today);
            prop_assert!((0.0..=1.0).contains(&tuned.confidence));
            for flawed in &*FLAWED {
                prop_assert_eq!(flawed.understand(&text, today), tuned);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn compiling_anew_changes_no_meaning(text in prop_oneof![any_message(), any::<String>()], twin in 0_usize..2) {
        prop_assert_eq!(COMPILING[twin].understand(&text, today()), TUNED.understand(&text, today()));
    }
}
