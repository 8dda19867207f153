//! The profile of a step for a terminal.

use std::io::{self, Write};

use aforo_model::Answer;
use aforo_model::profile::{ProfileRecord, StepProfile};

use super::{answers, headline, sheets};
use crate::page::{Page, Screen, write_sections};
use crate::sheet::paragraph;

pub(super) fn render(report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), report, out)
}

/// Writes the report for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, report: &StepProfile, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let record = report.profile.found();
    let sections = [
        page.opening(headline::tone(report), &headline::headline(report), &answers::facts(report)),
        record.map(|record| page.functions(record)).unwrap_or_default(),
        page.wall(report),
        page.not_read(&report.unread),
        page.notes("To know of this load", &report.load_notes),
        record.map(|record| page.notes("To know of this profile", &record.profile.notes)).unwrap_or_default(),
        page.obstacles(report),
        page.findings(&report.findings),
        page.saved_in(screen),
    ];
    write_sections(sections, out)
}

impl Page {
    fn functions(&self, record: &ProfileRecord) -> String {
        let Some(sheet) = sheets::functions(record) else { return String::new() };
        let mut text = self.heading("Functions, by their own time");
        text += &self.table(&sheet);
        text += &self.faint(sheets::FUNCTIONS_MEAN);
        if record.functions.len() > sheets::FUNCTIONS_SHOWN {
            text += &self.faint("More are in the JSON.");
        }
        text
    }

    fn wall(&self, report: &StepProfile) -> String {
        let mut text = self.heading("Where the time of a request goes");
        match &report.wall {
            Answer::Found(split) => {
                text += &self.table(&sheets::wall(split));
                text += &self.faint(&split.sentence);
            }
            Answer::Absent { why } => text += &self.faint(&format!("Not known: {why}.")),
        }
        text
    }

    fn notes(&self, heading: &str, notes: &[String]) -> String {
        if notes.is_empty() {
            return String::new();
        }
        let notes = notes.iter().map(|note| paragraph(" - ", note, self.columns));
        self.heading(heading) + &notes.collect::<String>()
    }

    fn obstacles(&self, report: &StepProfile) -> String {
        if report.obstacles.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Profilers that did not fit");
        for obstacle in &report.obstacles {
            let why = format!("{}: {}", obstacle.profiler.as_str(), obstacle.why);
            text += &paragraph(" - ", &why, self.columns);
            text += &paragraph("   → ", &obstacle.remedy, self.columns);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::assert_fits;
    use crate::profile::canonical;
    use crate::style::Style;

    fn drawn(report: &StepProfile, columns: usize) -> String {
        let screen = Screen { style: Style::plain(), columns, folder: Some("runs/a-run") };
        canonical::rendered(|report, out| render_on(&screen, report, out), report)
    }

    #[test]
    fn the_canonical_profile_looks_like_this() {
        insta::assert_snapshot!("profile-80", drawn(&canonical::report(), 80));
        insta::assert_snapshot!("profile-100", drawn(&canonical::report(), 100));
    }

    #[test]
    fn without_a_profile_the_reasons_are_shown() {
        insta::assert_snapshot!("profile-none-100", drawn(&canonical::without_profile(), 100));
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_texts() {
        let mut report = canonical::report();
        report.step = "s\u{1b}[2J\n".repeat(60);
        report.load_notes[0] = "l\u{1b}[2J\n".repeat(90);
        report.unread[0].remedy = "r\u{1b}[2J\n".repeat(90);
        report.obstacles[0].why = "w\u{1b}[2J".repeat(90);
        if let Answer::Found(record) = &mut report.profile {
            record.functions[0].function = "予約を確認する".repeat(40);
            record.profile.notes.push("n\u{1b}[2J\n".repeat(90));
        }
        assert_fits(render_on, &report);
    }
}
