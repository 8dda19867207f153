use std::collections::{HashMap, HashSet};

use aforo_hotel::nlu::{Intent, Nlu, NluOptions};

use super::*;
use crate::pairs::REMEMBERED_DATES;

/// What the documents of the real system say of its date cache (R4.3), with room for a stream of another length.
const HIT_RATES: std::ops::RangeInclusive<f64> = 0.60..=0.80;

fn name(intent: Intent) -> String {
    serde_json::to_value(intent).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_stream_is_the_same_each_time() {
    assert_eq!(message_stream(), message_stream());
}

#[test]
fn the_shares_of_the_topics_add_up_to_all_messages() {
    assert_eq!(MIX.iter().map(|topic| topic.share).sum::<u32>(), 100);
}

#[test]
fn every_topic_comes_as_often_as_assumed() {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for message in message_stream() {
        *counts.entry(message.intent).or_default() += 1;
    }
    for topic in &MIX {
        let (count, share) = (counts[topic.intent] as f64, f64::from(topic.share) / 100.0);
        let expected = share * MESSAGES as f64;
        // Four standard deviations.
        let tolerance = 4.0 * (expected * (1.0 - share)).sqrt();
        assert!((count - expected).abs() <= tolerance, "{}: {count}, not {expected}", topic.intent);
    }
}

#[test]
fn no_message_has_a_place_left_open() {
    assert!(message_stream().iter().all(|message| !message.text.contains(['{', '}'])));
}

#[test]
fn the_hotel_understands_at_least_95_in_100_messages() {
    let nlu = Nlu::new(NluOptions::default());
    let stream = message_stream();
    let wrong: HashSet<String> = stream
        .iter()
        .map(|message| (message, name(nlu.understand(&message.text, TODAY).intent)))
        .filter(|(message, found)| message.intent != found)
        .map(|(message, found)| format!("{}: {}, not {found}", message.text, message.intent))
        .collect();
    assert!(wrong.len() * 20 <= stream.len(), "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn nearly_every_message_with_dates_gives_a_day_of_arrival() {
    let (patterns, nlu) = (nlu::Patterns::compile(), Nlu::new(NluOptions::default()));
    let dated: Vec<Message> = message_stream()
        .into_iter()
        .filter(|message| {
            message.intent == "check_availability" && date_phrase(&patterns, &message.text).is_some()
        })
        .collect();
    let vague: HashSet<&str> = dated
        .iter()
        .map(|message| message.text.as_str())
        .filter(|text| nlu.understand(text, TODAY).check_in.is_none())
        .collect();
    assert!(vague.len() * 20 <= dated.len(), "{} of {}: {vague:#?}", vague.len(), dated.len());
}

#[test]
fn an_empty_date_cache_knows_about_70_in_100_of_the_phrases() {
    let nlu = Nlu::new(NluOptions::default());
    for message in message_stream() {
        nlu.understand(&message.text, TODAY);
    }
    let counts = nlu.date_cache_counts().unwrap();
    let hit_rate = counts.hits as f64 / (counts.hits + counts.misses) as f64;
    assert!(HIT_RATES.contains(&hit_rate), "{hit_rate}: {counts:?}");
    let remark = REMEMBERED_DATES.remark.unwrap();
    let measured = format!("{:.0} % of the phrases have come before", 100.0 * hit_rate);
    assert!(remark.starts_with(&measured), "{remark} {measured}");
}
