//! Texts with `{{…}}` placeholders: parsed once when a scenario is loaded, filled for every request.

mod encoding;
mod function;
mod json;
pub(crate) mod parse;

use std::borrow::Cow;
use std::ops::Range;

use rand::Rng;
use serde_json::Value;

use encoding::Encoding;
use function::Function;
pub use json::compile_json;
pub use parse::TemplateError;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq)]
enum Segment {
    /// Stands as it is, already encoded for where it goes.
    Text(String),
    /// Is filled in.
    Placeholder { source: Source, encoding: Encoding, range: Range<usize> },
}

/// Where the value of a placeholder comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// A variable of the journey.
    Variable(String),
    /// A column of the feeder's row of this round.
    Column { feeder: String, column: String },
    /// A value made up on the spot.
    Function(Function),
}

/// What placeholders are filled from.
pub trait Scope {
    /// The value of a variable, if it has one by now.
    fn variable(&self, name: &str) -> Option<&Value>;
    /// A column of the row that this round drew from a feeder.
    fn column(&self, feeder: &str, column: &str) -> Option<&Value>;
}

/// A placeholder had no value to be filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a placeholder has no value to be filled with: nothing before it set its variable")]
pub struct Unfilled;

impl Template {
    /// A template whose values stand as they are.
    pub(crate) fn plain(text: &str) -> Result<Self, TemplateError> {
        parse::parse(text, Encoding::Plain)
    }

    /// A template of a path with its query: values are percent-encoded, and so is what the text itself may
    /// not hold.
    pub(crate) fn path(text: &str) -> Result<Self, TemplateError> {
        let mut template = parse::parse(text, Encoding::Url)?;
        for segment in &mut template.segments {
            if let Segment::Text(fixed) = segment {
                *fixed = encoding::path_text(fixed);
            }
        }
        Ok(template)
    }

    /// The whole text, where there is nothing to fill in.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] => Some(""),
            [Segment::Text(fixed)] => Some(fixed),
            _ => None,
        }
    }

    /// Where each placeholder takes its value from, with its place in the text.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&Source, Range<usize>)> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Text(_) => None,
            Segment::Placeholder { source, range, .. } => Some((source, range.clone())),
        })
    }

    /// The variables that must have a value before this can be filled.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.sources().filter_map(|(source, range)| match source {
            Source::Variable(name) => Some((name.as_str(), range)),
            Source::Function(function) => function.variable().map(|name| (name, range)),
            Source::Column { .. } => None,
        })
    }

    /// The text with every placeholder filled and encoded.
    ///
    /// # Errors
    /// When a placeholder has no value.
    pub fn render(&self, scope: &impl Scope, rng: &mut impl Rng) -> Result<String, Unfilled> {
        let mut text = String::with_capacity(self.usual_length());
        self.render_into(&mut text, scope, rng)?;
        Ok(text)
    }

    /// Writes the text with every placeholder filled and encoded at the end of `text`.
    pub(crate) fn render_into(
        &self,
        text: &mut String,
        scope: &impl Scope,
        rng: &mut impl Rng,
    ) -> Result<(), Unfilled> {
        for segment in &self.segments {
            match segment {
                Segment::Text(fixed) => text.push_str(fixed),
                Segment::Placeholder { source, encoding, .. } => {
                    let value = source.value(scope, rng)?;
                    encoding.append(&value, text);
                }
            }
        }
        Ok(())
    }

    /// How long the text is, as a rule.
    pub(crate) fn usual_length(&self) -> usize {
        let length = |segment: &Segment| match segment {
            Segment::Text(fixed) => fixed.len(),
            // A date has 10 characters, a UUID 36.
            Segment::Placeholder { .. } => 36,
        };
        self.segments.iter().map(length).sum()
    }

    /// The value itself where the template is one placeholder, such as a number; otherwise the text.
    pub(crate) fn evaluate(&self, scope: &impl Scope, rng: &mut impl Rng) -> Result<Value, Unfilled> {
        match self.segments.as_slice() {
            [Segment::Placeholder { source, .. }] => Ok(source.value(scope, rng)?.into_owned()),
            _ => self.render(scope, rng).map(Value::String),
        }
    }
}

impl Source {
    fn value<'scope>(
        &self,
        scope: &'scope impl Scope,
        rng: &mut impl Rng,
    ) -> Result<Cow<'scope, Value>, Unfilled> {
        match self {
            Self::Variable(name) => scope.variable(name).map(Cow::Borrowed),
            Self::Column { feeder, column } => scope.column(feeder, column).map(Cow::Borrowed),
            Self::Function(function) => function.value(scope, rng).map(Cow::Owned),
        }
        .ok_or(Unfilled)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use serde_json::json;

    use super::*;

    /// Variables by name; a column is looked up as `feeder.column`.
    pub(crate) struct Fixed(pub(crate) HashMap<String, Value>);

    impl Scope for Fixed {
        fn variable(&self, name: &str) -> Option<&Value> {
            self.0.get(name)
        }

        fn column(&self, feeder: &str, column: &str) -> Option<&Value> {
            self.0.get(&format!("{feeder}.{column}"))
        }
    }

    pub(crate) fn fixed<const N: usize>(values: [(&str, Value); N]) -> Fixed {
        Fixed(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub(crate) fn rng() -> StdRng {
        StdRng::seed_from_u64(7)
    }

    /// The oracle for percent-encoding, byte by byte.
    fn percent_decoded(text: &str) -> String {
        let bytes = text.as_bytes();
        let mut decoded = Vec::new();
        let mut index = 0;
        while index < bytes.len() {
            if bytes[index] == b'%' {
                decoded.push(u8::from_str_radix(&text[index + 1..index + 3], 16).unwrap());
                index += 3;
            } else {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
        String::from_utf8(decoded).unwrap()
    }

    #[test]
    fn variables_and_columns_are_filled_in() {
        let scope = fixed([("code", json!("R-1")), ("guests.name", json!("Ana")), ("id", json!(7))]);
        let template = Template::plain("{{ code }}/{{guests.name}}/{{id}}!").unwrap();
        assert_eq!(template.render(&scope, &mut rng()).unwrap(), "R-1/Ana/7!");
    }

    #[test]
    fn a_missing_value_leaves_the_template_unfilled() {
        let template = Template::plain("{{code}}").unwrap();
        assert_eq!(template.render(&fixed([]), &mut rng()), Err(Unfilled));
    }

    #[test]
    fn a_template_that_is_one_placeholder_keeps_the_type_of_its_value() {
        let scope = fixed([("id", json!(7))]);
        assert_eq!(Template::plain("{{id}}").unwrap().evaluate(&scope, &mut rng()), Ok(json!(7)));
        assert_eq!(Template::plain("n{{id}}").unwrap().evaluate(&scope, &mut rng()), Ok(json!("n7")));
    }

    #[test]
    fn values_in_a_path_are_percent_encoded_and_its_own_text_is_not() {
        let scope = fixed([("phone", json!("+34 600/1?&ñ"))]);
        let template = Template::path("/reservations?phone={{phone}}&limit=5").unwrap();
        assert_eq!(
            template.render(&scope, &mut rng()).unwrap(),
            "/reservations?phone=%2B34%20600%2F1%3F%26%C3%B1&limit=5"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[{}()|,. a-z0-9_ñ\"\\\\]{0,40}") {
            let _ = Template::plain(&text);
            let _ = Template::path(&text);
            let _ = compile_json(&json!({ text.clone(): [text.clone()] }));
        }

        #[test]
        fn text_without_placeholders_stays_as_it_is(text in "[^{]{0,60}") {
            prop_assert_eq!(Template::plain(&text).unwrap().render(&fixed([]), &mut rng()).unwrap(), text);
        }

        #[test]
        fn a_value_survives_the_way_through_a_path(value in "\\PC{0,40}") {
            let scope = fixed([("value", json!(value.clone()))]);
            let path = Template::path("/x?q={{value}}").unwrap().render(&scope, &mut rng()).unwrap();
            let encoded = path.strip_prefix("/x?q=").unwrap();
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(percent_decoded(encoded), value);
        }

        #[test]
        fn a_value_survives_the_way_through_json(value in any::<String>(), id in any::<i64>()) {
            let scope = fixed([("value", json!(value.clone())), ("id", json!(id))]);
            let template = compile_json(&json!({"a": "<{{value}}>", "b": ["{{value}}", "{{id}}"]})).unwrap();
            let body: Value = serde_json::from_str(&template.render(&scope, &mut rng()).unwrap()).unwrap();
            prop_assert_eq!(body, json!({"a": format!("<{value}>"), "b": [value, id]}));
        }
    }
}
