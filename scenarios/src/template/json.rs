//! JSON bodies whose texts are templates.

use serde_json::Value;

use super::encoding::{Encoding, append_json_escaped};
use super::parse::parse;
use super::{Segment, Template, TemplateError};

/// Flattens a JSON value into one template: the text of the body with its placeholders.
///
/// A string that is one placeholder becomes that value, so `"{{id}}"` may become the number 7; in a longer
/// string the value is escaped. Names of members are not templates.
///
/// # Errors
/// When a string is no template.
pub fn compile_json(value: &Value) -> Result<Template, TemplateError> {
    let mut body = JsonBody { segments: Vec::new(), text: String::new() };
    body.push(value)?;
    body.end_text();
    Ok(Template { segments: body.segments })
}

struct JsonBody {
    segments: Vec<Segment>,
    text: String,
}

impl JsonBody {
    fn push(&mut self, value: &Value) -> Result<(), TemplateError> {
        match value {
            Value::Object(members) => {
                self.text.push('{');
                for (index, (name, member)) in members.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.text.push('"');
                    append_json_escaped(name, &mut self.text);
                    self.text.push_str("\":");
                    self.push(member)?;
                }
                self.text.push('}');
            }
            Value::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.push(item)?;
                }
                self.text.push(']');
            }
            Value::String(text) => self.push_text(text)?,
            literal => self.text.push_str(&literal.to_string()),
        }
        Ok(())
    }

    fn push_text(&mut self, text: &str) -> Result<(), TemplateError> {
        let mut segments = parse(text, Encoding::JsonText)?.segments;
        if let [Segment::Placeholder { encoding, .. }] = segments.as_mut_slice() {
            *encoding = Encoding::JsonValue;
            self.end_text();
            self.segments.append(&mut segments);
            return Ok(());
        }
        self.text.push('"');
        for segment in segments {
            match segment {
                Segment::Text(fixed) => append_json_escaped(&fixed, &mut self.text),
                placeholder @ Segment::Placeholder { .. } => {
                    self.end_text();
                    self.segments.push(placeholder);
                }
            }
        }
        self.text.push('"');
        Ok(())
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.segments.push(Segment::Text(std::mem::take(&mut self.text)));
        }
    }
}
