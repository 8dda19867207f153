//! Rendering a report.

use aforo_model::{RunRecord, read_run};
use aforo_reports::{FORMATS, Format};

/// The record of a run on the hotel, as it was saved.
const RECORD: &str = include_str!("../../../reports/fixtures/recorded.json");

/// A saved run, and the format that it is read in most.
pub struct Report {
    run: RunRecord,
    html: &'static Format,
}

impl Default for Report {
    /// Reads the record.
    fn default() -> Self {
        let html = FORMATS.iter().find(|format| format.name == "html").expect("there is the format html");
        Self { run: read_run(RECORD).expect("the fixture is a run record"), html }
    }
}

impl Report {
    /// `report.html`.
    pub fn render(&self) -> Vec<u8> {
        let mut page = Vec::new();
        (self.html.render)(&self.run, &mut page).expect("memory takes what is written");
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_a_whole_page() {
        let page = String::from_utf8(Report::default().render()).unwrap();
        assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
        assert!(page.trim_end().ends_with("</html>"));
    }
}
