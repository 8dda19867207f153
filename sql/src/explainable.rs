//! Texts of `pg_stat_statements` as statements again.

use std::borrow::Cow;

use crate::keywords::is_type_before_literal;
use crate::tokens::{Kind, Token, tokens};

/// The text with `interval $1` written as `$1::interval`, and so for every type.
///
/// `pg_stat_statements` puts `$1` in the place of the string in `interval '1 day'`; the result is no SQL, neither for
/// `EXPLAIN` nor for `PREPARE`.
#[must_use]
pub fn explainable(text: &str) -> Cow<'_, str> {
    let tokens = tokens(text);
    let mut output = String::new();
    let mut copied = 0;
    for (index, token) in tokens.iter().enumerate() {
        if !matches!(token.kind, Kind::Parameter(_)) {
            continue;
        }
        if let Some(first) = type_before(&tokens[..index]) {
            let (start, end) = (tokens[first].start, tokens[index - 1].end);
            output.push_str(&text[copied..start]);
            output.push_str(&text[token.start..token.end]);
            output.push_str("::");
            output.push_str(&text[start..end]);
            copied = token.end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(&text[copied..]);
    Cow::Owned(output)
}

/// Where the name of a type begins with which the tokens end.
fn type_before(tokens: &[Token]) -> Option<usize> {
    let mut end = tokens.len();
    let is_word_at =
        |place: usize, word: &str| tokens.get(place).is_some_and(|token| token.kind.is_word(word));
    if end >= 3 && is_word_at(end - 1, "zone") && is_word_at(end - 2, "time") {
        end -= 3;
    }
    if let [.., open, Token { kind: Kind::Number(_), .. }, close] = &tokens[..end]
        && open.kind.is_mark('(')
        && close.kind.is_mark(')')
    {
        end -= 3;
    }
    let last = end.checked_sub(1)?;
    // A word behind `::` or a point is a type already written, or a column.
    let is_first = last
        .checked_sub(1)
        .is_none_or(|before| !tokens[before].kind.is_operator("::") && !tokens[before].kind.is_mark('.'));
    match &tokens[last].kind {
        Kind::Word(word) if is_type_before_literal(word) && is_first => Some(last),
        _ => None,
    }
}
