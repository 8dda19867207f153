//! The table of formats of a history: one line each.

use std::io::{self, Write};

use aforo_model::FigureHistory;

use super::{csv, terminal};
use crate::schema;

/// One way to show a history.
#[derive(Debug, Clone, Copy)]
pub struct HistoryFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Writes the history in this format. It fails only when the writer does.
    pub render: fn(&FigureHistory, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const HISTORY_FORMATS: &[HistoryFormat] = &[
    HistoryFormat { name: "terminal", render: terminal::render },
    HistoryFormat { name: "json", render: json },
    HistoryFormat { name: "csv", render: csv::render },
    HistoryFormat { name: "schema", render: schema::render },
];

fn json(history: &FigureHistory, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, history)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_history() {
        schema::assert_published("history.schema.json", &canonical::history());
    }

    #[test]
    fn every_format_writes_the_same_each_time() {
        for format in HISTORY_FORMATS {
            let write = || {
                let mut bytes = Vec::new();
                (format.render)(&canonical::history(), &mut bytes).unwrap();
                String::from_utf8(bytes).unwrap()
            };
            assert!(write().ends_with('\n') && write() == write(), "{}", format.name);
        }
    }
}
