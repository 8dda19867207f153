//! How many items an answer holds, whatever they are called.

use std::collections::BTreeMap;

use serde_json::Value;

/// Paths that are kept, the first ones by name: a document with keys made up for every answer has no end of them.
const MOST_PATHS: usize = 200;
/// Levels of objects and arrays that are looked into; `serde_json` itself stops at 128.
const MOST_LEVELS: usize = 32;
/// Characters of a key that are shown.
const KEY_CHARACTERS: usize = 60;

/// The path of an answer that is counted by its lines.
const LINES: &str = "lines";

/// The length of every array in a body by its path, in the order of the paths.
///
/// The whole document is `$`, a member `$.items`, a member of an array's elements `$.items[].nights`; the lengths
/// of arrays that share a path are summed. A body that is not JSON but text, such as CSV (its head included) or
/// newline-delimited JSON, is counted as `lines` that are not blank. HTML and bytes hold no items.
pub fn count_items(body: &[u8]) -> Vec<(String, u64)> {
    let mut counts = BTreeMap::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(document) => count(&document, &mut "$".to_owned(), 0, &mut counts),
        Err(_) => {
            if let Some(lines) = count_lines(body) {
                counts.insert(LINES.to_owned(), lines);
            }
        }
    }
    counts.into_iter().take(MOST_PATHS).collect()
}

/// Items on the page itself, those of inner arrays aside; none where the answer has no array.
pub(super) fn page_items(items: &[(String, u64)]) -> Option<u64> {
    items.iter().filter(|(path, _)| !path.contains("[]")).map(|(_, count)| *count).max()
}

fn count(value: &Value, path: &mut String, level: usize, counts: &mut BTreeMap<String, u64>) {
    if level == MOST_LEVELS {
        return;
    }
    let length = path.len();
    match value {
        Value::Array(elements) => {
            // Twice the limit, so that those kept do not depend on the order of the document as a rule.
            if counts.len() < 2 * MOST_PATHS || counts.contains_key(path) {
                *counts.entry(path.clone()).or_default() += elements.len() as u64;
            }
            path.push_str("[]");
            for element in elements {
                count(element, path, level + 1, counts);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                if matches!(member, Value::Array(_) | Value::Object(_)) {
                    push_key(path, key);
                    count(member, path, level + 1, counts);
                    path.truncate(length);
                }
            }
        }
        _ => {}
    }
    path.truncate(length);
}

/// Adds a key; one that is not a plain name is quoted, because it may go to a terminal.
fn push_key(path: &mut String, key: &str) {
    let is_plain = !key.is_empty()
        && key.len() <= KEY_CHARACTERS
        && key.chars().all(|character| character.is_alphanumeric() || "_-".contains(character));
    if is_plain {
        path.push('.');
        path.push_str(key);
    } else {
        let shown: String = key.chars().take(KEY_CHARACTERS).collect();
        path.push_str(&format!("[{shown:?}]"));
    }
}

fn count_lines(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_text = !text.starts_with('<')
        && !text.contains(|character: char| character.is_control() && !"\r\n\t".contains(character));
    // One line is a message; an export has its head at least, which ends in a line break.
    (is_text && text.contains('\n'))
        .then(|| text.lines().filter(|line| !line.trim().is_empty()).count() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn counted(document: &Value) -> Vec<(String, u64)> {
        count_items(document.to_string().as_bytes())
    }

    fn expected<const N: usize>(counts: [(&str, u64); N]) -> Vec<(String, u64)> {
        counts.map(|(path, count)| (path.to_owned(), count)).to_vec()
    }

    #[test]
    fn every_array_is_counted_and_inner_ones_are_summed() {
        let page = json!({"total": 9, "items": [
            {"code": "a", "nights": [1, 2], "room": {"beds": [1]}},
            {"code": "b", "nights": [1, 2, 3], "room": {"beds": []}},
            {"code": "c"},
        ]});
        let counts = [("$.items", 3), ("$.items[].nights", 5), ("$.items[].room.beds", 1)];
        assert_eq!(counted(&page), expected(counts));
        assert_eq!(counted(&json!([[1], [2, 3]])), expected([("$", 2), ("$[]", 3)]));
        assert_eq!(counted(&json!({"items": []})), expected([("$.items", 0)]));
        assert_eq!(counted(&json!({"code": "a"})), []);
    }

    #[test]
    fn text_is_counted_by_lines_and_a_page_of_html_is_not() {
        assert_eq!(count_items(b"code,name\r\na,Ana\r\n\r\nb,Luis\r\n"), expected([("lines", 3)]));
        assert_eq!(count_items(b"{\"a\":[1]}\n{\"a\":[2]}\n"), expected([("lines", 2)]));
        assert_eq!(count_items(b"code\n"), expected([("lines", 1)]));
        for nothing in [b"".as_slice(), b"OK", b"<html>\n<p>\n</html>", b"\xff\n\xfe\n", b"a\0b\nc\n"] {
            assert_eq!(count_items(nothing), [], "{nothing:?}");
        }
    }

    #[test]
    fn a_strange_key_is_quoted_and_cut() {
        let counts = counted(&json!({"a.b\u{1b}[2J": [1], "x".repeat(500): [1]}));
        assert_eq!(counts[0].0, format!("$[{:?}]", "a.b\u{1b}[2J"));
        assert!(!counts[0].0.contains('\u{1b}'));
        assert_eq!(counts[1].0.len(), "$[\"\"]".len() + KEY_CHARACTERS);
    }

    #[test]
    fn endless_keys_and_endless_depth_are_bounded() {
        let keys: serde_json::Map<_, _> = (0..10_000).map(|key| (format!("k{key}"), json!([1]))).collect();
        assert_eq!(counted(&Value::Object(keys)).len(), MOST_PATHS);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(count_items(deep.as_bytes()).len(), MOST_LEVELS);
        let deeper = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(count_items(deeper.as_bytes()), []);
    }

    #[test]
    fn items_of_the_page_are_those_of_its_longest_outer_array() {
        let items = expected([("$.items", 3), ("$.items[].nights", 50), ("$.warnings", 1)]);
        assert_eq!(page_items(&items), Some(3));
        assert_eq!(page_items(&[]), None);
    }

    fn document() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The number of elements of all arrays, told without paths.
    fn elements(value: &Value) -> u64 {
        match value {
            Value::Array(items) => items.len() as u64 + items.iter().map(elements).sum::<u64>(),
            Value::Object(members) => members.values().map(elements).sum(),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn no_element_is_lost_or_counted_twice(document in document()) {
            let total: u64 = counted(&document).iter().map(|(_, count)| count).sum();
            prop_assert_eq!(total, elements(&document));
        }

        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), text in "[\\[\\]{}\",:0-9a\n]{0,200}") {
            count_items(&body);
            count_items(text.as_bytes());
        }
    }
}
