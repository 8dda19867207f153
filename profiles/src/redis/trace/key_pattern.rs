//! What keys have in common.

/// Longer patterns are cut.
const MOST_CHARACTERS: usize = 80;
/// A shorter part of letters from a to f only is a word, as in `facade`.
const SHORTEST_HEX: usize = 8;
/// Longer words than this are no names of kinds.
const LONGEST_WORD: usize = 40;
/// From so many letters and digits on, an uppercase letter among others or among digits makes a token, as those of sessions.
const TOKEN_LENGTH: usize = 16;

/// The pattern of a key, and the group it is in with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyPattern {
    /// As in `availability:*:*`: parts that change from key to key are `*`.
    pub(super) pattern: String,
    /// For keys with more than one changing part: what they share with others of the same first one.
    pub(super) tag: Option<KeyTag>,
}

/// Keys with the same beginning up to their first changing part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyTag {
    /// As in `availability:{id}:*`.
    pub(super) label: String,
    /// Bytes of the key that are the same for the group, as in `availability:17`.
    pub(super) shared_bytes: usize,
}

/// Finds the pattern of a key. Parts are set apart by `:`, `/`, `.`, `|` and blanks; those with a digit in them, long hexadecimal ones
/// and tokens change from key to key.
pub(super) fn key_pattern(key: &[u8]) -> KeyPattern {
    let mut pattern = String::new();
    let mut label = String::new();
    let mut changing = 0;
    let mut shared_bytes = 0;
    let mut start = 0;
    while start <= key.len() {
        let end = part_end(key, start);
        let part = &key[start..end];
        if changes(part) {
            changing += 1;
            pattern.push('*');
            label.push_str(if changing == 1 { "{id}" } else { "*" });
            if changing == 1 {
                shared_bytes = end;
            }
        } else {
            let text: String = String::from_utf8_lossy(part).chars().map(printable).collect();
            pattern.push_str(&text);
            label.push_str(&text);
        }
        if let Some(separator) = key.get(end) {
            pattern.push(char::from(*separator));
            label.push(char::from(*separator));
        }
        start = end + 1;
    }
    let cut = |text: String| text.chars().take(MOST_CHARACTERS).collect::<String>();
    let tag = (changing > 1).then(|| KeyTag { label: cut(label), shared_bytes });
    KeyPattern { pattern: cut(pattern), tag }
}

/// Where the part ends that starts here. The dots of a token do not set it apart.
fn part_end(key: &[u8], start: usize) -> usize {
    let next = |ends: fn(u8) -> bool| {
        key[start..].iter().position(|byte| ends(*byte)).map_or(key.len(), |at| start + at)
    };
    let with_dots = next(|byte| is_separator(byte) && byte != b'.');
    if is_token(&key[start..with_dots]) { with_dots } else { next(is_separator) }
}

/// Whether a part looks like a secret of random letters; punctuation may be within it, as in base64url.
fn is_token(part: &[u8]) -> bool {
    part.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= TOKEN_LENGTH
        && part.iter().any(u8::is_ascii_uppercase)
        && part.iter().any(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b'/' | b'.' | b'|' | b' ')
}

fn printable(character: char) -> char {
    if character.is_control() || character == '*' { '?' } else { character }
}

/// Whether a part of a key is an identity. A version, as in `v2`, is none.
fn changes(part: &[u8]) -> bool {
    let is_version =
        matches!(part, [b'v' | b'V', digits @ ..] if digits.len() == 1 && digits[0].is_ascii_digit());
    let has_digit = part.iter().any(u8::is_ascii_digit);
    let is_hex = part.len() >= SHORTEST_HEX && part.iter().all(u8::is_ascii_hexdigit);
    let is_binary = str::from_utf8(part).is_err();
    // A mail address, as in `login:ann@example.com`, names a person.
    (has_digit && !is_version)
        || is_hex
        || is_binary
        || is_token(part)
        || part.len() > LONGEST_WORD
        || part.contains(&b'@')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(key: &str) -> String {
        key_pattern(key.as_bytes()).pattern
    }

    #[test]
    fn identities_are_replaced_and_words_stay() {
        assert_eq!(pattern("session:8f14e45f"), "session:*");
        assert_eq!(pattern("room:17:price:2026-05-01"), "room:*:price:*");
        assert_eq!(pattern("user:5e8848d0-0f3a-4c6b-9d5e-abcdefabcdef"), "user:*");
        assert_eq!(pattern("token:deadbeefcafe"), "token:*");
        assert_eq!(pattern("cache:v2:rooms"), "cache:v2:rooms");
        assert_eq!(pattern("login:ann@example.com"), "login:*.com");
        assert_eq!(pattern("sess:aB3dE_6gH-kLmN9_pQr-StUv8-xYz_12"), "sess:*");
        assert_eq!(pattern("sess:aBcDeFgHiJkLmNoPqR:data"), "sess:*:data");
        assert_eq!(pattern("jwt:eyJhbGciOi.eyJzdWIiOi.SflKxwRJ"), "jwt:*");
        assert_eq!(pattern("hotel:RoomTypes.by-city"), "hotel:RoomTypes.by-city");
        assert_eq!(pattern(&"q".repeat(41)), "*");
        assert_eq!(pattern("plain"), "plain");
        assert_eq!(pattern(""), "");
        assert_eq!(key_pattern(b"a:\xff\xfe").pattern, "a:*");
    }

    #[test]
    fn keys_with_several_identities_are_grouped_by_the_first() {
        let tag = key_pattern(b"availability:17:2026-05-01").tag.unwrap();
        assert_eq!((tag.label.as_str(), tag.shared_bytes), ("availability:{id}:*", "availability:17".len()));
        assert_eq!(key_pattern(b"session:17").tag, None);
    }

    proptest! {
        #[test]
        fn any_key_has_a_short_printable_pattern(key in prop::collection::vec(any::<u8>(), 0..300)) {
            let found = key_pattern(&key);
            prop_assert!(found.pattern.chars().count() <= MOST_CHARACTERS);
            prop_assert!(!found.pattern.chars().any(char::is_control));
            prop_assert!(found.tag.is_none_or(|tag| tag.shared_bytes <= key.len()));
        }
    }
}
