//! The table of formats of a cache report: one line each.

use std::io::{self, Write};

use aforo_model::cache::CacheReport;

use super::{markdown, terminal};
use crate::schema;

/// One way to show a cache report.
#[derive(Debug, Clone, Copy)]
pub struct CacheFormat {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file where a report is saved. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the report in this format. It fails only when the writer does.
    pub render: fn(&CacheReport, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const CACHE_FORMATS: &[CacheFormat] = &[
    CacheFormat { name: "terminal", file_name: None, render: terminal::render },
    CacheFormat { name: "json", file_name: Some("cache.json"), render: json },
    CacheFormat { name: "markdown", file_name: Some("cache.md"), render: markdown::render },
    CacheFormat { name: "schema", file_name: None, render: schema::render },
];

fn json(report: &CacheReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::canonical;

    #[test]
    fn every_format_shows_a_full_and_an_empty_report_and_always_the_same() {
        for report in [canonical::report(), canonical::unread()] {
            for format in CACHE_FORMATS {
                let text = canonical::rendered(format.render, &report);
                assert!(text.ends_with('\n'), "{} has no last line end", format.name);
                assert_eq!(text, canonical::rendered(format.render, &report));
            }
        }
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        let report = canonical::report();
        let text = canonical::rendered(json, &report);
        assert_eq!(serde_json::from_str::<CacheReport>(&text).unwrap(), report);
    }
}
