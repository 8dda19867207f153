//! Rows of comma-separated values.

use std::io::{self, Write};

/// Writes `header` and `rows` as RFC 4180 has it, but for lines that end as those of a text file do. A failure of `out` keeps its kind, so
/// that a full disk is told as one.
pub(crate) fn write_csv<Row>(
    out: &mut dyn Write,
    header: impl IntoIterator<Item = impl AsRef<[u8]>>,
    rows: impl IntoIterator<Item = Row>,
) -> io::Result<()>
where
    Row: IntoIterator<Item = String>,
{
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(header).map_err(writer_error)?;
    for row in rows {
        csv.write_record(row).map_err(writer_error)?;
    }
    csv.flush()
}

/// A name as a field. A spreadsheet would take one that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula and
/// may run it: an apostrophe before it says that it is text.
pub(crate) fn name(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A figure as it is in the record; nothing where there is none.
pub(crate) fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn writer_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
