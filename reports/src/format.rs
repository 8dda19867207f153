//! The table of formats: one line each.

use std::io::{self, Write};

use aforo_model::RunRecord;

use crate::{
    endpoints_csv, html, json, junit, openmetrics, resources_csv, schema, summary_md, tables, terminal,
    timeline_csv,
};

/// One way to show a run.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The word a user asks for it with.
    pub name: &'static str,
    /// Its file in a run's folder. Absent for what is only printed when asked for.
    pub file_name: Option<&'static str>,
    /// Writes the run in this format. It fails only when the writer does.
    pub render: fn(&RunRecord, &mut dyn Write) -> io::Result<()>,
}

/// Every format.
pub const FORMATS: &[Format] = &[
    Format { name: "terminal", file_name: None, render: terminal::render },
    Format { name: "tables", file_name: None, render: tables::render },
    Format { name: "json", file_name: Some("run.json"), render: json::render },
    Format { name: "html", file_name: Some("report.html"), render: html::render },
    Format { name: "summary", file_name: Some("summary.md"), render: summary_md::render },
    Format { name: "junit", file_name: Some("junit.xml"), render: junit::render },
    Format { name: "openmetrics", file_name: Some("openmetrics.txt"), render: openmetrics::render },
    Format { name: "endpoints", file_name: Some("endpoints.csv"), render: endpoints_csv::render },
    Format { name: "timeline", file_name: Some("timeline.csv"), render: timeline_csv::render },
    Format { name: "resources", file_name: Some("resources.csv"), render: resources_csv::render },
    Format { name: "schema", file_name: None, render: schema::render },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::text::turns_text;

    #[test]
    fn every_format_renders_every_canonical_record_the_same_each_time() {
        for (record_name, record) in canonical::records() {
            for format in FORMATS {
                let first = canonical::rendered(format.render, &record);
                assert!(!first.is_empty(), "{} of {record_name} is empty", format.name);
                assert!(first.ends_with('\n'), "{} of {record_name} has no last line end", format.name);
                assert_eq!(first, canonical::rendered(format.render, &record));
            }
        }
    }

    #[test]
    fn no_character_of_a_record_turns_the_text_of_a_report() {
        for (record_name, record) in canonical::hostile() {
            for format in
                FORMATS.iter().filter(|format| ["summary", "junit", "terminal"].contains(&format.name))
            {
                let text = canonical::rendered(format.render, &record);
                assert!(!text.contains(turns_text), "{} of {record_name}", format.name);
            }
        }
    }

    #[test]
    fn names_and_files_are_told_apart() {
        let mut names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        let mut files: Vec<&str> = FORMATS.iter().filter_map(|format| format.file_name).collect();
        names.sort_unstable();
        files.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(files.windows(2).all(|pair| pair[0] != pair[1]), "{files:?}");
    }

    #[test]
    fn a_writer_that_fails_is_reported_and_not_ignored() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for (record_name, record) in canonical::records() {
            for format in FORMATS {
                let error = (format.render)(&record, &mut Full).expect_err(record_name);
                assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{}", format.name);
            }
        }
    }
}
