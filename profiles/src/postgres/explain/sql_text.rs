//! SQL as text: literals written, statements looked at just far enough to ask for their plan.

/// Types that may stand before a literal (`interval '1 day'`). Where constants were replaced by parameters, what is left
/// (`interval $1`) is no SQL any more.
const LITERAL_TYPES: &[&str] = &[
    "bytea",
    "date",
    "inet",
    "interval",
    "json",
    "jsonb",
    "numeric",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "uuid",
];

/// Words a statement that has a plan begins with.
const PLANNED: &[&str] = &["select", "insert", "update", "delete", "merge", "with", "values", "table"];

/// `value` as a literal that reads the same whatever `standard_conforming_strings` is, or `NULL`.
pub(super) fn literal(value: Option<&str>) -> String {
    match value {
        None => "NULL".to_owned(),
        Some(value) if value.contains('\\') => {
            format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
        }
        Some(value) => format!("'{}'", value.replace('\'', "''")),
    }
}

/// `name` as an identifier.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The word a statement begins with, if it is that of a statement without a plan.
pub(super) fn utility_word(text: &str) -> Option<String> {
    let words = pieces(text).filter(|piece| piece.is_code).flat_map(|piece| {
        piece.text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
    });
    let first = words.into_iter().next().unwrap_or_default().to_lowercase();
    (!PLANNED.contains(&first.as_str())).then_some(first)
}

/// `interval $1` as `$1::interval`, for every type that may stand before a literal; nothing if there is none.
pub(super) fn with_casts(text: &str) -> Option<String> {
    let mut rewritten = String::with_capacity(text.len() + 16);
    let mut has_changed = false;
    for piece in pieces(text) {
        if piece.is_code {
            has_changed |= cast_into(piece.text, &mut rewritten);
        } else {
            rewritten.push_str(piece.text);
        }
    }
    has_changed.then_some(rewritten)
}

/// Appends `code` with casts; returns whether there were any.
fn cast_into(code: &str, rewritten: &mut String) -> bool {
    let mut has_changed = false;
    let mut rest = code;
    while let Some(dollar) = rest.find('$') {
        let digits = rest[dollar + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let (before, parameter) = (&rest[..dollar], &rest[dollar..dollar + 1 + digits]);
        match type_at_end(before).filter(|_| digits > 0) {
            Some((kept, type_name)) => {
                rewritten.push_str(kept);
                rewritten.push_str(parameter);
                rewritten.push_str("::");
                rewritten.push_str(type_name);
                has_changed = true;
            }
            None => {
                rewritten.push_str(before);
                rewritten.push_str(parameter);
            }
        }
        rest = &rest[dollar + 1 + digits..];
    }
    rewritten.push_str(rest);
    has_changed
}

/// Splits a type before a literal off the end of `code`.
fn type_at_end(code: &str) -> Option<(&str, &str)> {
    let trimmed = code.trim_end();
    if trimmed.len() == code.len() {
        return None;
    }
    let lower = trimmed.to_ascii_lowercase();
    for zone in [" with time zone", " without time zone"] {
        for base in ["timestamp", "time"] {
            let full = format!("{base}{zone}");
            if lower.ends_with(&full) && is_word_start(trimmed, trimmed.len() - full.len()) {
                return Some(trimmed.split_at(trimmed.len() - full.len()));
            }
        }
    }
    let start = lower
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |at| at + lower[at..].chars().next().map_or(1, char::len_utf8));
    // `x.date $1` and `::date $1` are not literals, nor SQL.
    let is_plain = !matches!(lower[..start].chars().last(), Some('.' | ':' | '"' | '$'));
    (is_plain && LITERAL_TYPES.contains(&&lower[start..])).then(|| trimmed.split_at(start))
}

fn is_word_start(text: &str, at: usize) -> bool {
    !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | ':' | '$'))
}

/// A part of a statement.
struct Piece<'a> {
    text: &'a str,
    /// Not a comment, literal or quoted name.
    is_code: bool,
}

/// Cuts a statement into code and what is not code. Good enough to leave literals alone; whether the whole is SQL is for
/// Postgres to say.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (length, is_code) = match not_code_length(rest) {
            Some(length) => (length, false),
            None => {
                let next =
                    rest.char_indices().skip(1).find(|(at, _)| not_code_length(&rest[*at..]).is_some());
                (next.map_or(rest.len(), |(at, _)| at), true)
            }
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(Piece { text: piece, is_code })
    })
}

/// Length of the comment, literal or quoted name that `text` begins with.
fn not_code_length(text: &str) -> Option<usize> {
    let until =
        |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("--") {
        Some(until(2, "\n"))
    } else if text.starts_with("/*") {
        Some(comment_length(text))
    } else if text.starts_with('\'') {
        Some(until(1, "'"))
    } else if text.starts_with('"') {
        Some(until(1, "\""))
    } else {
        // A dollar-quoted literal: `$$…$$`, `$tag$…$tag$`. A parameter begins with a digit.
        let after = text.strip_prefix('$')?;
        let tag_length = after.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let is_tag = after[tag_length..].starts_with('$') && !after.starts_with(|c: char| c.is_ascii_digit());
        is_tag.then(|| until(tag_length + 2, &text[..tag_length + 2]))
    }
}

/// Length of the comment that `text` begins with. Comments of this kind can hold others.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        let rest = &text[at..];
        let Some(next) = rest.find("/*").into_iter().chain(rest.find("*/")).min() else { return text.len() };
        depth = if rest[next..].starts_with("/*") { depth + 1 } else { depth - 1 };
        at += next + 2;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_type_before_a_parameter_becomes_a_cast() {
        for (text, wanted) in [
            ("SELECT now() - interval $1", "SELECT now() - $1::interval"),
            ("SELECT INTERVAL $12 day", "SELECT $12::INTERVAL day"),
            (
                "SELECT date $1, (timestamp with time zone $2)",
                "SELECT $1::date, ($2::timestamp with time zone)",
            ),
            ("SELECT 'é' /* interval $2 */, interval\n $1", "SELECT 'é' /* interval $2 */, $1::interval"),
        ] {
            assert_eq!(with_casts(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        for text in [
            "SELECT $1",
            "SELECT 'interval $1'",
            "SELECT \"interval $1\", $1",
            "SELECT x FROM t LIMIT $1 -- interval $2",
            "SELECT $q$ interval $1 $q$",
            "SELECT birthdate $1",
            "SELECT t.date $1",
            "SELECT interval $",
            "",
        ] {
            assert_eq!(with_casts(text), None, "{text}");
        }
    }

    #[test]
    fn utility_statements_are_known_by_their_first_word() {
        assert_eq!(utility_word("/* app */ VACUUM rooms").as_deref(), Some("vacuum"));
        assert_eq!(utility_word("-- note\nBEGIN").as_deref(), Some("begin"));
        assert_eq!(utility_word("").as_deref(), Some(""));
        for text in [
            "SELECT 1",
            "((select 1))",
            "/* a /* b */ c */ SELECT 1",
            "/*x*/With a as (select 1) table a",
            "VALUES (1)",
        ] {
            assert_eq!(utility_word(text), None, "{text}");
        }
    }

    #[test]
    fn literals_and_names_are_quoted() {
        assert_eq!(literal(None), "NULL");
        assert_eq!(literal(Some("O'Neill")), "'O''Neill'");
        assert_eq!(literal(Some("a\\'b")), "E'a\\\\''b'");
        assert_eq!(identifier("odd\"name"), "\"odd\"\"name\"");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_lose_a_character(text in "[ $'\"/*\\-0-9a-zé\n]{0,40}") {
            let whole: String = pieces(&text).map(|piece| piece.text).collect();
            prop_assert_eq!(&whole, &text);
            let _ = (with_casts(&text), utility_word(&text));
        }

        #[test]
        fn a_literal_ends_where_it_is_meant_to(value in "[ '\\\\\"a$;-]{0,20}") {
            let quoted = literal(Some(&value));
            let body = quoted.strip_prefix('E').unwrap_or(&quoted);
            let inner = &body[1..body.len() - 1];
            prop_assert!(!inner.replace("''", "").contains('\''));
            prop_assert!(!inner.replace("\\\\", "").contains('\\'));
        }
    }
}
