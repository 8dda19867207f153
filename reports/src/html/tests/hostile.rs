//! Names and messages come from the target and from users: none of them may become a part of the page.

use std::collections::BTreeMap;

use aforo_model::{RunRecord, read_run};
use serde_json::Value;

use super::{between, page};
use crate::html::evidence;
use crate::text::turns_text;

/// An element that no template has.
const ELEMENT: &str = "<aforo-hostile onload=1>";

/// What people and attackers write into names.
fn hostile_strings() -> Vec<String> {
    vec![
        format!("</script></style></title></textarea>{ELEMENT}"),
        format!("-->]]>\"'`{ELEMENT}<!--<script>"),
        "\"onfocus=\"hostile\" x='".to_owned(),
        "template-{{ 7 * 7 }}{% include 'page.html' %}${7*7}".to_owned(),
        "\u{0}\u{7}\u{1b}[31m\u{2028}\u{2029}\u{202e}\u{feff}".to_owned(),
        "\u{202e}backwards\u{2066}\u{200f}".to_owned(),
        "\u{200b}\u{2060}\u{ad}".to_owned(),
        "🏨🛎️ habitación, 予約, مكتب".to_owned(),
        String::new(),
        format!("{}{ELEMENT}", "x".repeat(10_000)),
    ]
}

/// A small record that still has something in every place that a template reads, and the strings of it that may be any text.
struct Replaceable {
    json: Value,
    places: Vec<String>,
}

impl Replaceable {
    fn of(record: &RunRecord) -> Self {
        let mut json = serde_json::to_value(record).unwrap();
        shorten(&mut json);
        let mut places = Vec::new();
        string_places(&json, &mut String::new(), &mut places);
        let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for place in places {
            let kind: Vec<&str> = place.split('/').filter(|name| name.parse::<usize>().is_err()).collect();
            kinds.entry(kind.join("/")).or_default().push(place);
        }
        let kinds: Vec<Vec<String>> = kinds.into_values().collect();
        let places = any_text(&json, &kinds);
        Self { json, places }
    }

    /// The record with all of them replaced.
    fn with(&self, text: &str) -> RunRecord {
        read_run(&replaced(&self.json, &self.places, text).to_string()).unwrap()
    }
}

/// Leaves two items of every list.
fn shorten(json: &mut Value) {
    match json {
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Array(items) => {
            items.truncate(2);
            items.iter_mut().for_each(shorten);
        }
        _ => {}
    }
}

fn replaced(json: &Value, places: &[String], text: &str) -> Value {
    let mut json = json.clone();
    for place in places {
        *json.pointer_mut(place).unwrap() = Value::from(text);
    }
    json
}

/// The places after whose replacement it is still a record: not those with words of a fixed list, dates and the like. Many are tried at
/// once, and halves of them where that fails, since few places are of that kind.
fn any_text(json: &Value, kinds: &[Vec<String>]) -> Vec<String> {
    let places = kinds.concat();
    if serde_json::from_value::<RunRecord>(replaced(json, &places, "text")).is_ok() {
        return places;
    }
    match kinds.split_at(kinds.len() / 2) {
        ([], _) => Vec::new(),
        (left, right) => [any_text(json, left), any_text(json, right)].concat(),
    }
}

fn string_places(json: &Value, place: &mut String, places: &mut Vec<String>) {
    let length = place.len();
    let mut visit = |name: String, child: &Value| {
        place.push('/');
        place.push_str(&name.replace('~', "~0").replace('/', "~1"));
        string_places(child, place, places);
        place.truncate(length);
    };
    match json {
        Value::Object(fields) => fields.iter().for_each(|(name, child)| visit(name.clone(), child)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, child)| visit(at.to_string(), child)),
        Value::String(_) => places.push(place.clone()),
        _ => {}
    }
}

/// The record in which everything was found, with an objective that a recommendation helps.
fn record() -> RunRecord {
    let mut record = evidence::record();
    record.slos[0].verdict = aforo_model::Verdict::Violated;
    record.slos[0].helped_by = Some(record.recommendations[0].id.clone());
    record
}

/// The record with every string replaced by markup, once for each kind of it.
pub(in crate::html) fn records_of_markup() -> Vec<RunRecord> {
    let replaceable = Replaceable::of(&record());
    let markup = hostile_strings().into_iter().filter(|text| text.contains(ELEMENT));
    markup.map(|text| replaceable.with(&text)).collect()
}

#[test]
fn no_string_of_a_record_becomes_a_part_of_the_page() {
    let replaceable = Replaceable::of(&record());
    assert!(replaceable.places.len() > 200, "{:?}", replaceable.places);
    let harmless = page(&replaceable.with("harmless"));
    for text in hostile_strings() {
        let page = page(&replaceable.with(&text));
        assert!(!page.contains("<aforo-hostile"), "an element came through: {text:.60}");
        assert!(!page.contains(turns_text), "text is turned by {text:?}");
        assert!(
            !page.contains(" \"onfocus=") && !page.contains("=\"\"onfocus="),
            "an attribute came through"
        );
        assert!(!page.contains("template-49"), "a template was made of {text:.60}");
        for tag in ["<script", "</script>", "<style", "<title", "<!--"] {
            assert_eq!(page.matches(tag).count(), harmless.matches(tag).count(), "{tag} in {text:.60}");
        }
        for block in between(&page, "<script type=\"application/json\"", "</script>") {
            let (_, json) = block.split_once('>').unwrap();
            assert!(serde_json::from_str::<Value>(json).is_ok(), "{text:.60}");
        }
    }
}
