//! The table of formats of a report over a period: one line each.

use std::io::{self, Write};

use aforo_model::PeriodReport;

use super::{csv, markdown, terminal};
use crate::schema;

/// One way to show a report over a period.
#[derive(Debug, Clone, Copy)]
pub struct PeriodFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Writes the report in this format. It fails only when the writer does.
    pub render: fn(&PeriodReport, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const PERIOD_FORMATS: &[PeriodFormat] = &[
    PeriodFormat { name: "terminal", render: terminal::render },
    PeriodFormat { name: "markdown", render: markdown::render },
    PeriodFormat { name: "json", render: json },
    PeriodFormat { name: "csv", render: csv::render },
    PeriodFormat { name: "schema", render: schema::render },
];

fn json(report: &PeriodReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::canonical;

    #[test]
    fn the_published_schema_is_the_one_of_the_report() {
        schema::assert_published("period.schema.json", &canonical::report());
    }

    #[test]
    fn every_format_writes_every_report_the_same_each_time() {
        for report in [canonical::report(), canonical::empty()] {
            for format in PERIOD_FORMATS {
                let write = || {
                    let mut bytes = Vec::new();
                    (format.render)(&report, &mut bytes).unwrap();
                    String::from_utf8(bytes).unwrap()
                };
                assert!(write().ends_with('\n') && write() == write(), "{}", format.name);
            }
        }
    }
}
