//! The identity of a statement.

use std::fmt;

use crate::canonical::canonical;
#[cfg(feature = "pg-query")]
use crate::keywords::is_type_before_literal;
use crate::tokens::Kind;

/// What statements that differ only in constants, list lengths, comments and spelling have in common: sixteen hexadecimal
/// digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The identity of a statement. It never fails: a text that is no statement, or only the beginning of one, has an identity
/// by its tokens.
#[must_use]
pub fn fingerprint(text: &str) -> Fingerprint {
    let kinds = with_lists_as_in(canonical(text));
    #[cfg(feature = "pg-query")]
    if let Some(hex) = parsed_identity(&kinds) {
        return Fingerprint(hex);
    }
    Fingerprint(format!("{:016x}", hash_of(&kinds)))
}

/// The identity by the tree, where the text can be parsed.
#[cfg(feature = "pg-query")]
fn parsed_identity(kinds: &[Kind]) -> Option<String> {
    if !is_shallow(kinds) {
        return None;
    }
    let hex = crate::grammar::fingerprint(&parseable(kinds))?;
    // The parser's identity takes `x IN ($1)` for `x = $1`. They are not one statement: the first asks for a page of rows
    // at once, the second for each of them.
    let lists = list_count(kinds);
    // Nor does it look at numbers in the names of tables, to take temporary tables for one. Others are not.
    let numbered: Vec<&str> =
        if works_on_tables(kinds) { kinds.iter().filter_map(numbered_name).collect() } else { Vec::new() };
    if lists == 0 && numbered.is_empty() {
        return Some(hex);
    }
    let mut hash = Fnv::default();
    hash.write(&hex);
    hash.write(&lists.to_string());
    numbered.iter().for_each(|name| hash.write(name));
    Some(format!("{:016x}", hash.0))
}

/// Whether its names are those of tables, and not of savepoints, cursors or prepared statements, which are numbered on and on.
#[cfg(feature = "pg-query")]
fn works_on_tables(kinds: &[Kind]) -> bool {
    const WORDS: [&str; 7] = ["select", "with", "insert", "update", "delete", "merge", "table"];
    let is_one = |kind: &Kind| matches!(kind, Kind::Word(word) if WORDS.contains(&word.as_str()));
    kinds.iter().find(|kind| !kind.is_mark('(')).is_some_and(is_one)
}

/// The name, where the parser's identity passes over a number in it (two digits or more) that tells tables apart. Five and
/// more are a day, or were counted or drawn by a program: partitions and temporary tables, which are one for a reader.
#[cfg(feature = "pg-query")]
fn numbered_name(kind: &Kind) -> Option<&str> {
    let (Kind::Word(name) | Kind::Quoted(name)) = kind else { return None };
    let is_telling = |run: &str| (2..=4).contains(&run.len());
    let mut runs = name.split(|character: char| !character.is_ascii_digit());
    runs.any(is_telling).then_some(name.trim_matches('"'))
}

/// Whether the tree is shallow enough for the parser's identity, which looks no deeper than a hundred levels: deeper
/// statements would be taken for each other.
#[cfg(feature = "pg-query")]
fn is_shallow(kinds: &[Kind]) -> bool {
    let mut depth = 0_usize;
    let mut operators = 0_usize;
    kinds.iter().all(|kind| {
        match kind {
            Kind::Mark('(' | '[') => depth += 1,
            Kind::Mark(')' | ']') => depth = depth.saturating_sub(1),
            // Each of these may lie within the one before it; lists and new conditions begin at the top again.
            Kind::Operator(_) => operators += 1,
            Kind::Mark(',') => operators = 0,
            Kind::Word(word) => match word.as_str() {
                "not" | "case" | "union" | "intersect" | "except" | "join" => operators += 1,
                "and" | "or" => operators = 0,
                _ => {}
            },
            _ => {}
        }
        depth < 60 && operators < 60
    })
}

/// `= ANY (…)` and `<> ALL (…)` of constants are `IN` and `NOT IN`, however the array is written.
fn with_lists_as_in(kinds: Vec<Kind>) -> Vec<Kind> {
    let mut output: Vec<Kind> = Vec::with_capacity(kinds.len());
    let mut index = 0;
    while let Some(kind) = kinds.get(index) {
        match array_comparison(&kinds[index..]) {
            Some((is_negated, length)) => {
                if is_negated {
                    output.push(Kind::Word("not".to_owned()));
                }
                output.extend([
                    Kind::Word("in".to_owned()),
                    Kind::Mark('('),
                    Kind::Parameter(1),
                    Kind::Mark(')'),
                ]);
                index += length;
            }
            None => {
                output.push(kind.clone());
                index += 1;
            }
        }
    }
    output
}

/// Whether a comparison with an array of constants begins here: if it is negated, and its length in tokens.
fn array_comparison(kinds: &[Kind]) -> Option<(bool, usize)> {
    let [Kind::Operator(operator), Kind::Word(quantifier), Kind::Mark('('), inside @ ..] = kinds else {
        return None;
    };
    let is_negated = match (operator.as_str(), quantifier.as_str()) {
        ("=", "any" | "some") => false,
        ("<>" | "!=", "all") => true,
        _ => return None,
    };
    let mut depth = 1_usize;
    let end = inside.iter().position(|kind| {
        match kind {
            Kind::Mark('(' | '[') => depth += 1,
            Kind::Mark(')' | ']') => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let content = &inside[..end];
    let is_constant = content.iter().enumerate().all(|(index, kind)| match kind {
        Kind::Word(word) => {
            matches!(word.as_str(), "array" | "cast" | "as")
                || index.checked_sub(1).is_some_and(|before| is_cast_or_dot(&content[before]))
        }
        Kind::Quoted(_) => index.checked_sub(1).is_some_and(|before| is_cast_or_dot(&content[before])),
        _ => true,
    });
    let has_parameter = content.iter().any(|kind| matches!(kind, Kind::Parameter(_)));
    (is_constant && has_parameter).then_some((is_negated, end + 4))
}

fn is_cast_or_dot(kind: &Kind) -> bool {
    kind.is_operator("::") || kind.is_mark('.') || kind.is_word("as")
}

/// How many lists of constants there are.
#[cfg(feature = "pg-query")]
fn list_count(kinds: &[Kind]) -> usize {
    let is_list = |window: &&[Kind]| matches!(window, [Kind::Word(word), Kind::Mark('('), Kind::Parameter(_)] if word == "in");
    kinds.windows(3).filter(is_list).count()
}

/// The statement for the parser. `interval $1` is no SQL, although `pg_stat_statements` shows it: the string returns.
#[cfg(feature = "pg-query")]
fn parseable(kinds: &[Kind]) -> String {
    let mut text = String::new();
    for (index, kind) in kinds.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &kinds[index]);
        match kind {
            Kind::Parameter(_) if matches!(before, Some(Kind::Word(word)) if is_type_before_literal(word)) => {
                text.push_str("''");
            }
            other => other.write(&mut text),
        }
        text.push(' ');
    }
    text
}

/// The hash of the tokens (FNV-1a, 64 bits). A name in quotes that would be the same without them is taken for that.
fn hash_of(kinds: &[Kind]) -> u64 {
    let mut hash = Fnv::default();
    for kind in kinds {
        match kind {
            Kind::Parameter(_) => hash.write("$"),
            Kind::Quoted(name) => {
                let bare = &name[1..name.len() - 1];
                let is_simple = bare.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
                    && bare
                        .chars()
                        .all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_');
                hash.write(if is_simple { bare } else { name });
            }
            other => {
                let mut text = String::new();
                other.write(&mut text);
                hash.write(&text);
            }
        }
        hash.write(" ");
    }
    hash.0
}

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
