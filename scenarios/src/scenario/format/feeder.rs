//! `[feeders.<name>]`: rows of data.

use std::collections::BTreeMap;
use std::path::Path;

use aforo_model::{Feeder, FeederOrder};
use serde_json::Value;
use toml::Spanned;
use toml::de::DeValue;

use super::locate::{SourceFile, read_text};
use super::report::{At, Report};
use super::section::{self, Section};
use crate::template::parse::is_name;

/// Feeders by name. One that cannot be read is there as `None`, so that its use is no second mistake.
pub(super) type Feeders = BTreeMap<String, Option<Feeder>>;

type Rows = Vec<BTreeMap<String, String>>;

/// Reads all feeders of a file.
pub(super) fn read(root: &Section<'_>, file: &SourceFile) -> Feeders {
    let mut feeders = Feeders::new();
    for (name, value) in root.entries("feeders") {
        if !is_name(name.value) {
            root.report.add(name.span.clone(), format!("`{}` is not a name", name.value), "here", NAME_HELP);
        }
        feeders.insert(name.value.to_owned(), feeder(&name, value, file, root.report));
    }
    feeders
}

/// What names look like.
pub(super) const NAME_HELP: &str = "names begin with a letter and hold letters, digits, `_` and `-`";

fn feeder<'file>(
    name: &At<&str>,
    value: &'file Spanned<DeValue<'file>>,
    file: &SourceFile,
    report: &'file Report,
) -> Option<Feeder> {
    let DeValue::Table(table) = value.get_ref() else {
        section::wrong_type(value.span(), "a feeder", "a table", value.get_ref(), report);
        return None;
    };
    let at = At { value: table, span: name.span.clone() };
    let section = Section::new(at, "a feeder", &["file", "rows", "order"], report);
    let order = match section.text("order") {
        None => FeederOrder::default(),
        Some(At { value: "random", .. }) => FeederOrder::Random,
        Some(At { value: "circular", .. }) => FeederOrder::Circular,
        Some(other) => {
            report.unknown(&other, "an order", ["random", "circular"]);
            return None;
        }
    };
    let rows = match (section.text("file"), section.value("rows")) {
        (Some(path), None) => rows_of_file(&path, file, report)?,
        (None, Some(rows)) => rows_of_table(rows, report)?,
        _ => {
            let help = "write `file = \"guests.csv\"` or `rows = [{ name = \"Ana\" }]`";
            report.add(section.span(), "a feeder has either a `file` or `rows`", "this feeder", help);
            return None;
        }
    };
    if rows.is_empty() {
        report.add(section.span(), "this feeder has no rows", "nothing to draw from", "add a row");
        return None;
    }
    Some(Feeder { order, rows })
}

fn rows_of_table<'file>(value: &'file Spanned<DeValue<'file>>, report: &Report) -> Option<Rows> {
    let json = section::json(value, report, &mut |_| ());
    let rows = rows_of_json(&json);
    if rows.is_none() {
        let help = "write `rows = [{ name = \"Ana\", phone = \"+34600000001\" }]`";
        report.add(value.span(), "`rows` must be a list of tables with texts or numbers", "here", help);
    }
    rows
}

fn rows_of_json(json: &Value) -> Option<Rows> {
    let cell = |(column, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return None,
        };
        Some((column.clone(), text))
    };
    json.as_array()?.iter().map(|row| row.as_object()?.iter().map(cell).collect()).collect()
}

fn rows_of_file(path: &At<&str>, file: &SourceFile, report: &Report) -> Option<Rows> {
    let full = file.directory.as_deref().unwrap_or(Path::new("")).join(path.value);
    let refuse = |message: String| {
        report.add(path.span.clone(), message, "this file", "paths are relative to the file they stand in");
    };
    let text = read_text(&full).map_err(|error| refuse(error.to_string())).ok()?;
    let rows = match full.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => rows_of_csv(&text).map_err(|error| error.to_string()),
        Some("json") => match serde_json::from_str(&text) {
            Ok(json) => rows_of_json(&json).ok_or_else(|| "it is not a list of flat objects".to_owned()),
            Err(error) => Err(error.to_string()),
        },
        _ => Err("its name ends neither in `.csv` nor in `.json`".to_owned()),
    };
    rows.map_err(|error| refuse(format!("{} holds no rows: {error}", full.display()))).ok()
}

fn rows_of_csv(text: &str) -> Result<Rows, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    reader.deserialize().collect()
}
