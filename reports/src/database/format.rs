//! The table of formats of a database report: one line each.

use std::io::{self, Write};

use aforo_model::database::DatabaseReport;

use super::{markdown, terminal};
use crate::schema;

/// One way to show a database report.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file where a report is saved. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the report in this format. It fails only when the writer does.
    pub render: fn(&DatabaseReport, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const DATABASE_FORMATS: &[DatabaseFormat] = &[
    DatabaseFormat { name: "terminal", file_name: None, render: terminal::render },
    DatabaseFormat { name: "json", file_name: Some("database.json"), render: json },
    DatabaseFormat { name: "markdown", file_name: Some("database.md"), render: markdown::render },
    DatabaseFormat { name: "schema", file_name: None, render: schema::render },
];

fn json(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
