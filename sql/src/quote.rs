//! Names and texts as SQL.

/// A name as an identifier: always in double quotes, so that no keyword, capital letter or space changes it.
///
/// Postgres keeps no NUL in names or texts and refuses statements with one, so it is left out.
#[must_use]
pub fn quote_identifier(name: &str) -> String {
    quote(name, '"')
}

/// A text as a literal. One with a backslash becomes an `E''` string, which means the same whatever
/// `standard_conforming_strings` is.
#[must_use]
pub fn quote_literal(text: &str) -> String {
    let quoted = quote(text, '\'');
    if text.contains('\\') { format!("E{}", quoted.replace('\\', "\\\\")) } else { quoted }
}

fn quote(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for character in text.chars().filter(|&character| character != '\0') {
        if character == mark {
            quoted.push(mark);
        }
        quoted.push(character);
    }
    quoted.push(mark);
    quoted
}

#[cfg(test)]
mod tests {
    use super::{quote_identifier, quote_literal};

    #[test]
    fn quotes_are_doubled_and_backslashes_escaped() {
        assert_eq!(quote_identifier("or\"der"), "\"or\"\"der\"");
        assert_eq!(quote_identifier("a\0b"), "\"ab\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("C:\\"), "E'C:\\\\'");
    }
}
