//! From text to segments.

use std::ops::Range;

use super::encoding::Encoding;
use super::function::{FUNCTIONS, Function};
use super::{Segment, Source, Template};
use crate::nearest::nearest;

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The part of the text that is wrong, in bytes.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl TemplateError {
    /// A text that is wrong as a whole.
    pub(crate) fn of(text: &str, message: &str) -> Self {
        Self { range: 0..text.len(), message: message.to_owned(), help: None }
    }
}

/// Splits `text` at its placeholders.
pub(super) fn parse(text: &str, encoding: Encoding) -> Result<Template, TemplateError> {
    let mut segments = Vec::new();
    let mut position = 0;
    while let Some(opening) = text[position..].find("{{").map(|offset| position + offset) {
        if opening > position {
            segments.push(Segment::Text(text[position..opening].to_owned()));
        }
        let inner_start = opening + 2;
        let Some(inner_end) = text[inner_start..].find("}}").map(|offset| inner_start + offset) else {
            return Err(TemplateError {
                range: opening..text.len(),
                message: "this placeholder is never closed".to_owned(),
                help: Some("close it with `}}`".to_owned()),
            });
        };
        let range = opening..inner_end + 2;
        let source = source(&text[inner_start..inner_end], &range)?;
        position = range.end;
        segments.push(Segment::Placeholder { source, encoding, range });
    }
    if position < text.len() {
        segments.push(Segment::Text(text[position..].to_owned()));
    }
    Ok(Template { segments })
}

/// Whether `text` can be the name of a variable, a feeder or a column.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || "_-".contains(character))
}

fn source(inner: &str, range: &Range<usize>) -> Result<Source, TemplateError> {
    let inner = inner.trim();
    if let Some((name, rest)) = inner.split_once('(') {
        return function(name.trim(), rest, range);
    }
    match inner.split_once('.') {
        None if is_name(inner) => Ok(Source::Variable(inner.to_owned())),
        Some((feeder, column)) if is_name(feeder) && is_name(column) => {
            Ok(Source::Column { feeder: feeder.to_owned(), column: column.to_owned() })
        }
        _ => Err(TemplateError {
            range: range.clone(),
            message: format!("`{inner}` is neither a variable nor a column nor a function"),
            help: Some(
                "write `{{variable}}`, `{{feeder.column}}` or a function such as `{{random(1, 50)}}`"
                    .to_owned(),
            ),
        }),
    }
}

fn function(name: &str, rest: &str, range: &Range<usize>) -> Result<Source, TemplateError> {
    let error = |message, help| TemplateError { range: range.clone(), message, help: Some(help) };
    let Some((_, example)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        let known = FUNCTIONS.map(|(known, _)| known);
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", FUNCTIONS.map(|(_, example)| format!("`{example}`")).join(", ")),
        };
        return Err(error(format!("there is no function `{name}`"), help));
    };
    let arguments = rest
        .trim_end()
        .strip_suffix(')')
        .ok_or_else(|| error(format!("`{name}(` is never closed"), format!("write `{example}`")))?;
    Function::new(name, arguments)
        .map(Source::Function)
        .map_err(|message| error(message, format!("write it like `{example}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_placed_and_explained() {
        for (text, place, message) in [
            ("/a/{{code", "{{code", "never closed"),
            ("/a/{{}}", "{{}}", "neither"),
            ("/a/{{1x}}", "{{1x}}", "`1x`"),
            ("/a/{{a.b.c}}", "{{a.b.c}}", "`a.b.c`"),
            ("/a/{{randon(1,2)}}/b", "{{randon(1,2)}}", "no function `randon`"),
            ("/a/{{random(1,2}}/b", "{{random(1,2}}", "`random(` is never closed"),
        ] {
            let error = parse(text, Encoding::Plain).unwrap_err();
            assert_eq!(&text[error.range.clone()], place);
            assert!(error.message.contains(message), "{error:?}");
        }
    }

    #[test]
    fn a_near_word_is_suggested() {
        let error = parse("{{randon(1,2)}}", Encoding::Plain).unwrap_err();
        assert_eq!(error.help.as_deref(), Some("did you mean `random`?"));
    }
}
