//! One form for all spellings of a statement: constants become parameters, lists of any length become one element.

use std::collections::HashMap;

use crate::keywords::{has_modifier, is_keyword};
use crate::tokens::{Kind, tokens};

/// The statement as tokens, without constants, its lists collapsed. Parameters are numbered as they first appear.
pub(crate) fn canonical(text: &str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = tokens(text).into_iter().map(|token| token.kind).collect();
    while kinds.last().is_some_and(|last| last.is_mark(';')) {
        kinds.pop();
    }
    renumbered(collapsed(without_constants(&kinds)))
}

/// A parameter that stands for a constant until the parameters get their numbers.
const CONSTANT: Kind = Kind::Parameter(u32::MAX);

fn without_constants(kinds: &[Kind]) -> Vec<Kind> {
    let is_definition = kinds.first().is_some_and(|first| first.is_word("create") || first.is_word("alter"));
    let mut output: Vec<Kind> = Vec::with_capacity(kinds.len());
    let mut keys = KeyLists::default();
    for (index, kind) in kinds.iter().enumerate() {
        keys.see(kind);
        match kind {
            // Strings one after the other are one string, and so are the parts around `UESCAPE`.
            Kind::Text if output.last() == Some(&CONSTANT) && kinds[index - 1] == Kind::Text => {}
            Kind::Text if output.last().is_some_and(|last| last.is_word("uescape")) => {
                output.pop();
            }
            Kind::Text => output.push(CONSTANT),
            Kind::Number(_) if is_modifier(&output) || keys.is_position(kinds, index) => {
                output.push(kind.clone());
            }
            Kind::Number(_) => {
                if has_sign(&output) {
                    output.pop();
                }
                output.push(CONSTANT);
            }
            Kind::Word(word)
                if matches!(word.as_str(), "true" | "false" | "null")
                    && !is_definition
                    && is_value(&output) =>
            {
                output.push(CONSTANT);
            }
            other => output.push(other.clone()),
        }
    }
    output
}

/// The lists of `ORDER BY` and `GROUP BY`, where a number is the position of a column.
#[derive(Default)]
struct KeyLists {
    /// For each open bracket, and the outside, whether such a list is being read.
    is_in: Vec<bool>,
    is_outside_in: bool,
}

impl KeyLists {
    fn see(&mut self, kind: &Kind) {
        match kind {
            Kind::Mark('(' | '[') => self.is_in.push(false),
            Kind::Mark(')' | ']') => {
                self.is_in.pop();
            }
            Kind::Word(word) if word == "by" => *self.current() = true,
            Kind::Word(word)
                if is_keyword(word)
                    && !matches!(word.as_str(), "asc" | "desc" | "nulls" | "first" | "last") =>
            {
                *self.current() = false;
            }
            _ => {}
        }
    }

    fn current(&mut self) -> &mut bool {
        self.is_in.last_mut().unwrap_or(&mut self.is_outside_in)
    }

    fn is_position(&mut self, kinds: &[Kind], index: usize) -> bool {
        let begins = index
            .checked_sub(1)
            .is_some_and(|previous| kinds[previous].is_word("by") || kinds[previous].is_mark(','));
        let ends = match kinds.get(index + 1) {
            None | Some(Kind::Mark(',' | ')' | ';')) => true,
            Some(Kind::Word(word)) => is_keyword(word),
            _ => false,
        };
        *self.current() && begins && ends
    }
}

/// Whether a number that comes next is a size or precision: `numeric(10, 2)`, `x::vector(3)`.
fn is_modifier(before: &[Kind]) -> bool {
    let before = match before {
        [rest @ .., Kind::Number(_), Kind::Mark(',')] => rest,
        all => all,
    };
    match before {
        [.., Kind::Operator(cast), Kind::Word(_), Kind::Mark('(')] if cast == "::" => true,
        [.., Kind::Word(word), Kind::Mark('(')] => has_modifier(word),
        _ => false,
    }
}

/// Whether what comes last is a sign that belongs to the number behind it, and not a subtraction.
fn has_sign(before: &[Kind]) -> bool {
    let [rest @ .., Kind::Operator(sign)] = before else { return false };
    let is_operand = match rest.last() {
        Some(Kind::Word(word)) => !is_keyword(word),
        Some(Kind::Quoted(_) | Kind::Parameter(_) | Kind::Number(_) | Kind::Mark(')' | ']')) => true,
        _ => false,
    };
    sign == "-" && !is_operand
}

/// Whether a `NULL`, `TRUE` or `FALSE` that comes next is a value, and not a part of `IS NOT NULL`.
fn is_value(before: &[Kind]) -> bool {
    match before {
        [.., Kind::Word(word)] => !matches!(word.as_str(), "is" | "not" | "on" | "default"),
        [.., Kind::Mark('.')] => false,
        _ => true,
    }
}

/// An open bracket, and the rows of `VALUES` at this depth.
#[derive(Default)]
struct Frame {
    open: usize,
    /// The place behind `VALUES`.
    values: Option<usize>,
    /// Where the rows begin and end.
    rows: Vec<(usize, usize)>,
}

/// How deep lists are collapsed. A hostile text with lists in lists would cost the square of its length.
const DEPTH: usize = 32;

/// How many different forms of an element are remembered; more than a list of one statement ever has.
const FORMS: usize = 8;

fn collapsed(kinds: Vec<Kind>) -> Vec<Kind> {
    let mut output: Vec<Kind> = Vec::with_capacity(kinds.len());
    let mut frames = vec![Frame::default()];
    for kind in kinds {
        match kind {
            Kind::Mark('(' | '[') => {
                frames.push(Frame { open: output.len(), ..Frame::default() });
                output.push(kind);
            }
            Kind::Mark(')' | ']') if frames.len() > 1 => {
                let open = frames.pop().map_or(0, |frame| frame.open);
                if frames.len() <= DEPTH {
                    collapse_list(&mut output, open);
                }
                output.push(kind);
                if let Some(around) = frames.last_mut() {
                    collapse_row(&mut output, open, around);
                }
            }
            other => {
                let is_values = other.is_word("values");
                output.push(other);
                if is_values && let Some(frame) = frames.last_mut() {
                    frame.values = Some(output.len());
                    frame.rows.clear();
                }
            }
        }
    }
    // A text that was cut off within a list is the same statement wherever it was cut.
    while let Some(Frame { open, .. }) = frames.pop().filter(|_| !frames.is_empty()) {
        if frames.len() <= DEPTH {
            collapse_list(&mut output, open);
        }
    }
    output
}

/// Leaves one element of each form in a list of `IN` or `ARRAY`, which begins at `open` and ends the output.
fn collapse_list(output: &mut Vec<Kind>, open: usize) {
    let is_list = match open.checked_sub(1).map(|before| &output[before]) {
        Some(Kind::Word(word)) => word == "in" || (word == "array" && output[open].is_mark('[')),
        _ => false,
    };
    let is_query = matches!(output.get(open + 1), Some(Kind::Word(word)) if matches!(word.as_str(), "select" | "with" | "values"));
    if !is_list || is_query {
        return;
    }
    let content = output.split_off(open + 1);
    let mut kept: Vec<Vec<Kind>> = Vec::new();
    for element in elements(&content) {
        let element = without_cast(element);
        let has_parameter = element.iter().any(|kind| matches!(kind, Kind::Parameter(_)));
        let is_known = kept.iter().rev().take(FORMS).any(|other| is_same_form(other, element));
        if !(has_parameter && is_known) {
            kept.push(element.to_vec());
        }
    }
    for (index, element) in kept.into_iter().enumerate() {
        if index > 0 {
            output.push(Kind::Mark(','));
        }
        output.extend(element);
    }
}

/// The parts between the commas, brackets respected.
fn elements(content: &[Kind]) -> Vec<&[Kind]> {
    let mut depth = 0_usize;
    content
        .split(|kind| {
            match kind {
                Kind::Mark('(' | '[') => depth += 1,
                Kind::Mark(')' | ']') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && kind.is_mark(',')
        })
        .collect()
}

/// `$1::uuid` in a list is `$1`: some drivers write the type of each element, others of none.
fn without_cast(element: &[Kind]) -> &[Kind] {
    match element {
        [Kind::Parameter(_), Kind::Operator(cast), rest @ ..]
            if cast == "::" && !rest.iter().any(|kind| matches!(kind, Kind::Parameter(_))) =>
        {
            &element[..1]
        }
        all => all,
    }
}

/// Drops a row of `VALUES`, which begins at `open` and ends the output, when an earlier one has the same form.
fn collapse_row(output: &mut Vec<Kind>, open: usize, around: &mut Frame) {
    let Some(values) = around.values else { return };
    let row = (open, output.len());
    let Some(&(_, end)) = around.rows.last() else {
        if open == values {
            around.rows.push(row);
        }
        return;
    };
    if end + 1 != open || !output[end].is_mark(',') {
        return;
    }
    let mut earlier = around.rows.iter().rev().take(FORMS);
    if earlier.any(|&(start, end)| is_same_form(&output[start..end], &output[open..])) {
        output.truncate(end);
    } else {
        around.rows.push(row);
    }
}

fn is_same_form(one: &[Kind], other: &[Kind]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Kind::Parameter(_), Kind::Parameter(_)) => true,
            (one, other) => one == other,
        })
}

fn renumbered(kinds: Vec<Kind>) -> Vec<Kind> {
    let mut numbers = HashMap::new();
    let mut highest = 0_u32;
    kinds
        .into_iter()
        .map(|kind| match kind {
            CONSTANT => {
                highest += 1;
                Kind::Parameter(highest)
            }
            Kind::Parameter(number) => Kind::Parameter(*numbers.entry(number).or_insert_with(|| {
                highest += 1;
                highest
            })),
            other => other,
        })
        .collect()
}
