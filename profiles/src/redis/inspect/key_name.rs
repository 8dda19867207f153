//! Names of keys as text: they may be any bytes.

/// Characters of a name that are kept.
const LONGEST_NAME: usize = 256;

/// The name with everything that is no printable text escaped as `\xNN`, and a backslash as `\\`, cut after 256
/// characters.
pub(super) fn readable(name: &[u8]) -> String {
    let mut text = String::new();
    // Three bytes more than the characters that are kept could need: a cut inside a character is cut off below.
    let head = name.get(..4 * LONGEST_NAME).unwrap_or(name);
    for chunk in head.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                c if c.is_control() || is_invisible(c) => {
                    let mut bytes = [0; 4];
                    c.encode_utf8(&mut bytes).bytes().for_each(|byte| push_byte(&mut text, byte));
                }
                c => text.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| push_byte(&mut text, *byte));
    }
    if text.chars().count() > LONGEST_NAME {
        text = text.chars().take(LONGEST_NAME - 1).chain(['…']).collect();
    }
    text
}

/// What turns the direction of writing or takes no room could pass one name off as another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn push_byte(text: &mut String, byte: u8) {
    text.push_str(&format!("\\x{byte:02x}"));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_and_bytes_are_escaped() {
        assert_eq!(readable(b"session:+55 11"), "session:+55 11");
        assert_eq!(readable("pre\u{e7}o".as_bytes()), "pre\u{e7}o");
        assert_eq!(readable(b"a\x00\xff\n\\"), "a\\x00\\xff\\x0a\\\\");
        assert_eq!(readable("a\u{202e}b".as_bytes()), "a\\xe2\\x80\\xaeb");
        assert_eq!(readable(b""), "");
    }

    proptest! {
        #[test]
        fn any_name_becomes_short_printable_text(name in prop::collection::vec(any::<u8>(), 0..3000)) {
            let text = readable(&name);
            prop_assert!(text.chars().count() <= LONGEST_NAME);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
