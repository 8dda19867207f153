//! Reads the keys of one TOML table and notes what is wrong with them.

use std::ops::Range;
use std::time::Duration;

use aforo_model::parse_duration;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{At, Report};
use crate::scenario::load::parse_rate;

/// A TOML table whose keys are a closed set.
#[derive(Debug, Clone)]
pub(super) struct Section<'file> {
    table: &'file DeTable<'file>,
    span: Range<usize>,
    what: &'static str,
    pub(super) report: &'file Report,
}

impl<'file> Section<'file> {
    /// The table `value`, called `what` in messages. Keys that are not `allowed` are noted.
    pub(super) fn new(
        value: At<&'file DeTable<'file>>,
        what: &'static str,
        allowed: &[&str],
        report: &'file Report,
    ) -> Self {
        for (key, _) in value.value {
            if !allowed.contains(&key.get_ref().as_ref()) {
                let key = At { value: key.get_ref().as_ref(), span: key.span() };
                report.unknown(&key, &format!("a key of {what}"), allowed.iter().copied());
            }
        }
        Self { table: value.value, span: value.span, what, report }
    }

    /// Where its head is.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the key is written.
    pub(super) fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Option<At<&'file str>> {
        let value = self.table.get(key)?;
        text(value, &format!("`{key}`"), self.report)
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &str, example: &str) -> Option<At<&'file str>> {
        self.require(key, example)?;
        self.text(key)
    }

    /// A number, whole or not.
    pub(super) fn number(&self, key: &str) -> Option<At<f64>> {
        let value = self.table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        self.read(key, number, "a number")
    }

    /// A number per second: `200/s`, or the number alone.
    pub(super) fn rate(&self, key: &str) -> Option<At<f64>> {
        let DeValue::String(_) = self.table.get(key)?.get_ref() else {
            return self.number(key);
        };
        let text = self.text(key)?;
        match parse_rate(text.value) {
            Ok(rate) => Some(At { value: rate, span: text.span }),
            Err(_) => {
                let message = format!("`{}` is not a rate", text.value);
                self.report.add(text.span, message, "not a rate", "write `\"200/s\"`, or the number alone");
                None
            }
        }
    }

    /// A number per second that must be there.
    pub(super) fn required_rate(&self, key: &str, example: &str) -> Option<At<f64>> {
        self.require(key, example)?;
        self.rate(key)
    }

    /// Yes or no.
    pub(super) fn boolean(&self, key: &str) -> Option<At<bool>> {
        let boolean = match self.table.get(key)?.get_ref() {
            DeValue::Boolean(boolean) => Some(*boolean),
            _ => None,
        };
        self.read(key, boolean, "`true` or `false`")
    }

    /// A whole number from 0.
    pub(super) fn whole(&self, key: &str) -> Option<At<u32>> {
        let number = whole(self.table.get(key)?.get_ref());
        self.read(key, number, "a whole number from 0")
    }

    /// A whole number that must be there.
    pub(super) fn required_whole(&self, key: &str, example: &str) -> Option<At<u32>> {
        self.require(key, example)?;
        self.whole(key)
    }

    /// A span of time such as `30s`.
    pub(super) fn duration(&self, key: &str) -> Option<At<Duration>> {
        let text = self.text(key)?;
        match parse_duration(text.value) {
            Ok(duration) => Some(At { value: duration, span: text.span }),
            Err(_) => {
                let message = format!("`{}` is not a span of time", text.value);
                self.report.add(text.span, message, "not a time", "write `250ms`, `30s`, `5m` or `1h`");
                None
            }
        }
    }

    /// A span of time that must be there.
    pub(super) fn required_duration(&self, key: &str, example: &str) -> Option<At<Duration>> {
        self.require(key, example)?;
        self.duration(key)
    }

    /// A value of any kind.
    pub(super) fn value(&self, key: &str) -> Option<&'file Spanned<DeValue<'file>>> {
        self.table.get(key)
    }

    /// A table whose keys are a closed set.
    pub(super) fn section(&self, key: &str, what: &'static str, allowed: &[&str]) -> Option<Section<'file>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                Some(Section::new(At { value: table, span: self.key_span(key)? }, what, allowed, self.report))
            }
            other => {
                self.wrong_type(value.span(), key, "a table", other);
                None
            }
        }
    }

    /// Tables written as `[[key]]`, each with keys of a closed set.
    pub(super) fn sections(&self, key: &str, what: &'static str, allowed: &[&str]) -> Vec<Section<'file>> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(
                value.span(),
                key,
                &format!("a list of tables; write `[[{key}]]`"),
                value.get_ref(),
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let at = At { value: table, span: item.span() };
                    sections.push(Section::new(at, what, allowed, self.report));
                }
                other => self.wrong_type(item.span(), key, "a list of tables", other),
            }
        }
        sections
    }

    /// A table whose keys are names of the user's own, in the order of the file.
    pub(super) fn entries(&self, key: &str) -> Vec<(At<&'file str>, &'file Spanned<DeValue<'file>>)> {
        let Some(value) = self.table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Table(table) => entries(table),
            other => {
                self.wrong_type(value.span(), key, "a table", other);
                Vec::new()
            }
        }
    }

    fn require(&self, key: &str, example: &str) -> Option<()> {
        if self.table.contains_key(key) {
            return Some(());
        }
        let message = format!("{} has no `{key}`", self.what);
        self.report.add(self.span(), message, format!("`{key}` is missing"), format!("add `{example}`"));
        None
    }

    fn read<T>(&self, key: &str, value: Option<T>, wanted: &str) -> Option<At<T>> {
        let written = self.table.get(key)?;
        match value {
            Some(value) => Some(At { value, span: written.span() }),
            None => {
                self.wrong_type(written.span(), key, wanted, written.get_ref());
                None
            }
        }
    }

    fn wrong_type(&self, span: Range<usize>, key: &str, wanted: &str, found: &DeValue<'_>) {
        wrong_type(span, &format!("`{key}`"), wanted, found, self.report);
    }
}

/// The entries of a table in the order of the file.
pub(super) fn entries<'file>(
    table: &'file DeTable<'file>,
) -> Vec<(At<&'file str>, &'file Spanned<DeValue<'file>>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| (At { value: key.get_ref().as_ref(), span: key.span() }, value))
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    entries
}

/// A text called `what` in messages.
pub(super) fn text<'file>(
    value: &'file Spanned<DeValue<'file>>,
    what: &str,
    report: &Report,
) -> Option<At<&'file str>> {
    match value.get_ref() {
        DeValue::String(text) => Some(At { value: text.as_ref(), span: value.span() }),
        other => {
            wrong_type(value.span(), what, "a text in quotes", other, report);
            None
        }
    }
}

/// A whole number from 0.
pub(super) fn whole(value: &DeValue<'_>) -> Option<u32> {
    match value {
        DeValue::Integer(integer) => u32::from_str_radix(integer.as_str(), integer.radix()).ok(),
        _ => None,
    }
}

/// Notes a value of the wrong type.
pub(super) fn wrong_type(span: Range<usize>, what: &str, wanted: &str, found: &DeValue<'_>, report: &Report) {
    let article = if "aeiou".contains(&found.type_str()[..1]) { "an" } else { "a" };
    let label = format!("this is {article} {}", found.type_str());
    report.add(span, format!("{what} must be {wanted}"), label, "");
}

/// The JSON value that a TOML value stands for; `visit` sees every text with its place.
pub(super) fn json<'file>(
    value: &'file Spanned<DeValue<'file>>,
    report: &Report,
    visit: &mut impl FnMut(&At<&'file str>),
) -> Value {
    match value.get_ref() {
        DeValue::String(text) => {
            visit(&At { value: text.as_ref(), span: value.span() });
            Value::from(text.as_ref())
        }
        DeValue::Boolean(boolean) => Value::from(*boolean),
        DeValue::Datetime(moment) => Value::from(moment.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item, report, visit)).collect(),
        DeValue::Table(table) => entries(table)
            .into_iter()
            .map(|(key, member)| (key.value.to_owned(), json(member, report, visit)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => Value::from(integer),
            Err(_) => no_json_number(value.span(), report),
        },
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            number.map_or_else(|| no_json_number(value.span(), report), Value::Number)
        }
    }
}

fn no_json_number(span: Range<usize>, report: &Report) -> Value {
    report.add(span, "JSON cannot hold this number", "too large, or not a number", "");
    Value::Null
}
