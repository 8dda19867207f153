//! A statement as a report shows it.

use crate::canonical::canonical;
use crate::keywords::is_keyword;
use crate::tokens::Kind;

/// A statement without its constants: each is `$n`, a list of any length is `($1 /*, ... */)` as Postgres 18 writes it,
/// rows of `VALUES` are one, comments are gone, keywords are in capitals. It never reveals a constant.
///
/// Statements with the same form have the same text; its parameters are numbered as they appear and are not those of the
/// original.
#[must_use]
pub fn normalize(text: &str) -> String {
    let kinds = canonical(text);
    let mut output = String::with_capacity(text.len().min(4096));
    let mut lists: Vec<bool> = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &kinds[index]);
        match kind {
            Kind::Mark('(' | '[') => {
                let is_list = before.is_some_and(|before| before.is_word("in") || before.is_word("array"));
                lists.push(
                    is_list && matches!(kinds.get(index + 1), Some(Kind::Parameter(_) | Kind::Mark('('))),
                );
            }
            Kind::Mark(')' | ']') if lists.pop() == Some(true) => output.push_str(" /*, ... */"),
            _ => {}
        }
        if before.is_some_and(|before| is_space_between(before, kind)) {
            output.push(' ');
        }
        kind.write(&mut output);
    }
    output
}

/// Whether a space stands between two tokens.
fn is_space_between(before: &Kind, kind: &Kind) -> bool {
    match (before, kind) {
        (_, Kind::Mark(',' | ')' | ']' | ';' | '.')) | (Kind::Mark('(' | '[' | '.'), _) => false,
        (Kind::Operator(cast), _) | (_, Kind::Operator(cast)) if cast == "::" => false,
        // A call, a list of columns, a subscript.
        (Kind::Word(word), Kind::Mark('(')) => {
            is_keyword(word) && !matches!(word.as_str(), "any" | "all" | "some" | "cast")
        }
        (Kind::Word(_) | Kind::Quoted(_) | Kind::Mark(')' | ']') | Kind::Parameter(_), Kind::Mark('[')) => {
            false
        }
        _ => true,
    }
}
