//! Names of keys that differ in an id, a number or a date only are one pattern.

use std::collections::{BTreeMap, BTreeSet};

/// What stands for a part that differs.
const ANY: &str = "*";
/// More different words than this after the same beginning, most of them once, are names of things, not of kinds.
const MOST_WORDS: usize = 20;
/// A word of so many letters and digits with a digit among them is a token, not a name.
const TOKEN_LENGTH: usize = 16;
/// A word of hexadecimal digits from this length on is an id.
const HEX_LENGTH: usize = 8;
/// Parts of a name, separators included, whose words are compared with those of other names. Without a bound, names of nothing but
/// separators would take long.
const MOST_PARTS: usize = 24;
/// Lengths of the hexadecimal groups of a UUID.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
/// A word that ends in digits is numbered, as in `room7`, if it has at least so many letters before them. Shorter ones are terms, as
/// in `v2` and `md5`.
const NUMBERED_LETTERS: usize = 3;
/// Longer words than this are no names of kinds.
const LONGEST_WORD: usize = 40;
/// Characters of a token that are shown.
const TOKEN_SHOWN: usize = 4;

/// The pattern of each name, in their order.
pub(super) fn patterns(names: &[&str]) -> Vec<String> {
    let mut split: Vec<Vec<String>> = names.iter().map(|name| generalized(name)).collect();
    let longest = split.iter().map(Vec::len).max().unwrap_or_default();
    for at in 0..longest.min(MOST_PARTS) {
        let mut words: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
        for parts in split.iter().filter(|parts| parts.len() > at) {
            // What is an id already says nothing of the words beside it.
            if parts[at] == ANY {
                continue;
            }
            let (different, count) = words.entry(parts[..at].concat()).or_default();
            different.insert(parts[at].clone());
            *count += 1;
        }
        for parts in split.iter_mut().filter(|parts| parts.len() > at) {
            let Some((different, count)) = words.get(&parts[..at].concat()) else { continue };
            if different.len() > MOST_WORDS && different.len() * 2 > *count && is_word(&parts[at]) {
                ANY.clone_into(&mut parts[at]);
            }
        }
    }
    split.into_iter().map(|parts| parts.concat()).collect()
}

/// The pattern of one name by itself.
pub(super) fn pattern(name: &str) -> String {
    generalized(name).concat()
}

/// A name as it may be shown: a long token in it could be a session's secret, and a mail address is a person's.
pub(super) fn shown(name: &str) -> String {
    parts(name)
        .into_iter()
        .map(|part| match part.chars().count() {
            length if (length >= TOKEN_LENGTH && is_id(part)) || part.contains('@') => {
                part.chars().take(TOKEN_SHOWN).chain(['…']).collect()
            }
            _ => part.to_owned(),
        })
        .collect()
}

/// Words and what separates them, alternately, ids replaced.
fn generalized(name: &str) -> Vec<String> {
    parts(name).into_iter().flat_map(within).collect()
}

/// A part such as `12`, `user-12` or `page_7.html`: only its numbers differ.
fn within(part: &str) -> Vec<String> {
    if let Some((before, after)) = around_uuid(part) {
        return [within(before), vec![ANY.to_owned()], within(after)].concat();
    }
    if is_id(part) {
        return vec![ANY.to_owned()];
    }
    cut(part, |c| matches!(c, '-' | '_' | '.')).into_iter().map(word).collect()
}

fn word(word: &str) -> String {
    if is_id(word) {
        return ANY.to_owned();
    }
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_numbered = stem.len() < word.len() && stem.chars().count() >= NUMBERED_LETTERS;
    if is_numbered { format!("{stem}{ANY}") } else { word.to_owned() }
}

/// What stands before and after the first UUID of a part.
fn around_uuid(part: &str) -> Option<(&str, &str)> {
    let is_uuid = |text: &str| {
        text.split('-').map(str::len).eq(UUID_GROUPS)
            && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    let length = UUID_GROUPS.iter().sum::<usize>() + UUID_GROUPS.len() - 1;
    let starts = part.char_indices().map(|(at, _)| at);
    let mut uuids = starts.filter(|at| part.get(*at..at + length).is_some_and(is_uuid));
    uuids.next().map(|at| (&part[..at], &part[at + length..]))
}

fn parts(name: &str) -> Vec<&str> {
    cut(name, |c| ":/|#{}=,;?&[]() ".contains(c))
}

/// Runs between separators, and the separators, alternately.
fn cut(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, separator) in text.match_indices(|c: char| is_separator(c)) {
        pieces.extend((at > from).then(|| &text[from..at]));
        pieces.push(separator);
        from = at + separator.len();
    }
    pieces.extend((from < text.len()).then(|| &text[from..]));
    pieces
}

fn is_word(part: &str) -> bool {
    part.chars().any(char::is_alphanumeric)
}

/// Whether a part looks like a secret of random letters: long, with an uppercase letter among others or among digits. Punctuation may be
/// within it, as in base64url.
fn is_token(part: &str) -> bool {
    part.chars().filter(|c| c.is_alphanumeric()).count() >= TOKEN_LENGTH
        && part.contains(char::is_uppercase)
        && part.contains(|c: char| c.is_lowercase() || c.is_ascii_digit())
}

/// Whether a part names one thing among many: a number, a date, a UUID, a token, bytes.
fn is_id(part: &str) -> bool {
    let letters = || part.chars().filter(|c| !matches!(c, '-' | '_' | '.' | '+'));
    let has_digit = part.contains(|c: char| c.is_ascii_digit());
    // A mail address, as in `login:ann@example.com`, names a person.
    if part.contains(['\\', '@']) || part.ends_with('…') || letters().count() > LONGEST_WORD || is_token(part)
    {
        return true;
    }
    if !has_digit {
        return false;
    }
    letters().all(|c| c.is_ascii_digit())
        || letters().all(|c| c.is_ascii_hexdigit()) && letters().count() >= HEX_LENGTH
        || letters().count() >= TOKEN_LENGTH && !part.contains(['-', '_', '.'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_numbers_and_dates_are_one() {
        for (name, expected) in [
            ("session:+5511987654321", "session:*"),
            ("pms:rate:7:2026-11-21", "pms:rate:*:*"),
            ("lock:booking:12", "lock:booking:*"),
            ("user-12", "user-*"),
            ("page_7.html", "page_*.html"),
            ("cart:550e8400-e29b-41d4-a716-446655440000:items", "cart:*:items"),
            ("sess:k3jh4kj5h34kjh5k34jh5k", "sess:*"),
            ("sess:aB3dE_6gH-kLmN9_pQr-StUv8-xYz_12", "sess:*"),
            ("sess:aBcDeFgHiJkLmNoPqR:data", "sess:*:data"),
            ("token:ABCDE-12345-FGHIJ-67890", "token:*"),
            ("hotel-search_by-city.name", "hotel-search_by-city.name"),
            ("Hotel:RoomTypes", "Hotel:RoomTypes"),
            ("{tenant:9}:rooms", "{tenant:*}:rooms"),
            ("blob:\\xff\\x00", "blob:*"),
            ("hotel:search:beach", "hotel:search:beach"),
            ("v2:rooms", "v2:rooms"),
            ("room7:price", "room*:price"),
            ("booking-550e8400-e29b-41d4-a716-446655440000-lock", "booking-*-lock"),
            ("login:ann@example.com", "login:*"),
            ("facade:cafe", "facade:cafe"),
            ("", ""),
            (":::", ":::"),
        ] {
            assert_eq!(pattern(name), expected, "{name}");
        }
    }

    #[test]
    fn many_different_words_at_one_place_are_one_and_a_few_are_kinds() {
        let letters: Vec<char> = ('a'..='z').collect();
        let people: Vec<String> = letters.iter().map(|letter| format!("user:{letter}nn:cart")).collect();
        let kinds = ["user:anon:cart", "stats:hits", "stats:misses"];
        let names: Vec<&str> = people.iter().map(String::as_str).chain(kinds).collect();
        let found: BTreeSet<String> = patterns(&names).into_iter().collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["stats:hits", "stats:misses", "user:*:cart"]);
    }

    #[test]
    fn ids_do_not_keep_words_beside_them_from_being_one() {
        let ids: Vec<String> = (0..200).map(|number| format!("sess:{number}")).collect();
        let tokens: Vec<String> = ('a'..='z').map(|letter| format!("sess:{letter}qwxkz")).collect();
        let names: Vec<&str> = ids.iter().chain(&tokens).map(String::as_str).collect();
        assert!(patterns(&names).iter().all(|pattern| pattern == "sess:*"));
    }

    #[test]
    fn a_token_is_not_shown_in_full_and_a_name_is() {
        assert_eq!(shown("session:a1b2c3d4e5f6a7b8c9d0"), "session:a1b2…");
        assert_eq!(shown("sess:aB3dE_6gH-kLmN9_pQr-StUv8-xYz_12"), "sess:aB3d…");
        assert_eq!(shown("sess:aBcDeFgHiJkLmNoPqR"), "sess:aBcD…");
        assert_eq!(shown("login:ann@example.com"), "login:ann@…");
        assert_eq!(shown("page:home:2026-11-21"), "page:home:2026-11-21");
    }

    proptest! {
        #[test]
        fn any_names_have_a_pattern_each_that_is_its_own_pattern(names in prop::collection::vec("\\PC{0,30}", 0..40)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert_eq!(patterns(&names).len(), names.len());
            for name in names {
                let once = pattern(name);
                shown(name);
                prop_assert!(once.len() <= name.len().max(1));
            }
        }
    }
}
