//! How a value is written where a placeholder stands.

use std::fmt::Write;

use serde_json::Value;

/// What surrounds a placeholder decides how its value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// Percent-encoded but for the unreserved characters of RFC 3986.
    Url,
    /// Inside a JSON string: escaped.
    JsonText,
    /// In place of a JSON value: a number stays a number.
    JsonValue,
}

impl Encoding {
    /// Writes `value` at the end of `text`.
    pub(super) fn append(self, value: &Value, text: &mut String) {
        match (self, value) {
            (Self::JsonValue, value) => append_display(value, text),
            (Self::Plain, Value::String(value)) => text.push_str(value),
            (Self::Plain, value) => append_display(value, text),
            (Self::Url, Value::String(value)) => append_percent_encoded(value, text),
            (Self::Url, value) => append_percent_encoded(&value.to_string(), text),
            (Self::JsonText, Value::String(value)) => append_json_escaped(value, text),
            (Self::JsonText, value) => append_json_escaped(&value.to_string(), text),
        }
    }
}

/// Writes `value` as it stands inside the quotes of a JSON string.
pub(super) fn append_json_escaped(value: &str, text: &mut String) {
    let quoted = Value::from(value).to_string();
    text.push_str(&quoted[1..quoted.len() - 1]);
}

/// A part of a path as it is sent: percent-encoded where it could not stand in a request line, and as it is
/// otherwise, because what is encoded already must not be encoded again.
pub(super) fn path_text(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    encoded
}

fn append_display(value: &Value, text: &mut String) {
    write!(text, "{value}").expect("writing to a String cannot fail");
}

fn append_percent_encoded(value: &str, text: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
}
