//! A report over a period for a terminal.

use std::io::{self, Write};

use aforo_model::{LoadAggregate, PeriodReport};

use super::{sentences, sheets};
use crate::history::sheets as shared;
use crate::page::{Page, Screen};
use crate::sheet::paragraph;
use crate::style::Tone;

/// From this width on, there is room for the range of single runs.
const ROOMY_COLUMNS: usize = 96;

/// Writes a report without colours, 100 columns wide.
pub(super) fn render(report: &PeriodReport, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), report, out)
}

/// Writes a report over a period.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, report: &PeriodReport, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let mut text = page.heading(&report.period.to_string());
    text += &paragraph(" ", &sentences::headline(report), page.columns);
    if let Some(left_out) = shared::left_out(&report.left_out) {
        text += &paragraph(" ", &left_out, page.columns);
    }
    for load in &report.loads {
        text += "\n";
        text += &of_load(&page, load);
    }
    if let Some(findings) = sheets::findings(report) {
        text += "\n";
        text += &page.heading("Findings by code");
        text += &page.table(&findings);
    }
    out.write_all(text.as_bytes())
}

fn of_load(page: &Page, load: &LoadAggregate) -> String {
    let title = paragraph("", &sentences::title(load), page.columns);
    let mut text = page.painted(Tone::Heading, title.trim_end());
    text += &page.faint(&shared::load(&load.load));
    if let Some(basis) = sentences::basis(load) {
        text += &page.faint(&basis);
    }
    if let Some(objectives) = sheets::objectives(load) {
        text += &page.table(&objectives);
        text += "\n";
    }
    text += &page.table(&sheets::steps(load, page.columns >= ROOMY_COLUMNS));
    text += &page.faint(sentences::TIMES_MEAN);
    if page.columns >= ROOMY_COLUMNS {
        text += &page.faint(sentences::RANGE_MEANS);
    }
    for sentence in sentences::course(load) {
        text += &paragraph(" ", &sentence, page.columns);
    }
    if !load.recommendations.is_empty() {
        text += " Recommendations\n";
    }
    for seen in &load.recommendations {
        text += &paragraph("   - ", &sentences::recommendation(seen), page.columns);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::canonical;
    use crate::style::Style;
    use tabled::grid::util::string::get_line_width;

    fn drawn(report: &PeriodReport, columns: usize) -> String {
        let mut bytes = Vec::new();
        let screen = Screen { style: Style::plain(), columns, folder: None };
        render_on(&screen, report, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_canonical_reports_look_like_this() {
        insta::assert_snapshot!("period-100", drawn(&canonical::report(), 100));
        insta::assert_snapshot!("period-empty", drawn(&canonical::empty(), 80));
    }

    #[test]
    fn hostile_names_stay_within_the_screen() {
        let report = canonical::hostile();
        for columns in [80, 100] {
            let text = drawn(&report, columns);
            assert!(text.lines().all(|line| get_line_width(line) <= columns), "{columns}:\n{text}");
            assert!(!text.contains('\u{1b}'));
        }
    }
}
