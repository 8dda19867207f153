//! Everything a terminal can show of a run: the verdict, then what it rests on.

use std::io::{self, Write};

use aforo_model::RunRecord;

use crate::capacity;
use crate::change;
use crate::figures;
use crate::files::{REPORT, beside_report};
use crate::headline::findings_beside_banner;
use crate::page::{Page, Screen, write_sections};
use crate::resource_notes;
use crate::sheet::paragraph;
use crate::sheets;
use crate::text::{one_line, truncated};
use crate::workload;

/// Failures that are shown; the others are in the record.
const FAILURES_SHOWN: usize = 8;

/// Writes the report without colours, 100 columns wide.
///
/// # Errors
/// Only those of `out`.
pub fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), record, out)
}

/// Writes the report for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let sections = [
        page.top(record),
        page.objectives(record),
        page.recommendations(&record.recommendations),
        page.endpoints(record),
        page.capacity(record),
        page.change(record),
        page.comparison(record),
        page.failures(record),
        page.resources(record),
        page.profiles(record),
        page.database(record),
        page.findings(findings_beside_banner(record)),
        page.files(record, screen.folder),
    ];
    write_sections(sections, out)
}

impl Page {
    fn top(&self, record: &RunRecord) -> String {
        self.verdict(record) + "\n" + &self.answers(&sheets::facts(record))
    }

    fn objectives(&self, record: &RunRecord) -> String {
        if record.slos.is_empty() {
            return format!("{}{}", self.heading("Objectives"), self.faint("The scenario sets none."));
        }
        let mut text = self.heading("Objectives");
        text += &self.table(&sheets::objectives(record));
        text + &self.objective_notes(record)
    }

    fn endpoints(&self, record: &RunRecord) -> String {
        let mut text = self.heading("Endpoints");
        text += &self.table(&sheets::endpoints(record));
        text += &self.faint(workload::times_mean(record));
        if let Some(service_times) = workload::service_times(record) {
            text.push('\n');
            text += &self.heading("Service times");
            text += &self.table(&service_times);
            text += &self.faint(workload::SERVICE_TIMES);
        }
        text
    }

    fn capacity(&self, record: &RunRecord) -> String {
        let Some(found) = &record.capacity else { return String::new() };
        let mut text = self.heading("Capacity");
        text += &self.table(&capacity::levels(found));
        text += &self.faint(capacity::LEVELS_MEAN);
        text.push('\n');
        text + &self.answers(&capacity::answers(found))
    }

    fn change(&self, record: &RunRecord) -> String {
        let answers = change::answers(record);
        if answers.is_empty() {
            return String::new();
        }
        self.heading("Change over the run") + &self.answers(&answers)
    }

    fn failures(&self, record: &RunRecord) -> String {
        let failures = sheets::failures(record);
        if failures.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Failures, some as they were seen");
        for failure in failures.iter().take(FAILURES_SHOWN) {
            let example = failure.example;
            let seen = format!("{}×", figures::count(example.seen));
            let kind = figures::error_kind(example.kind);
            let message = one_line(&example.message);
            let line = format!(" {seen:>6}  {:<14}  {kind:<13}  {message}", truncated(failure.step, 14));
            text += &truncated(&line, self.columns);
            text.push('\n');
        }
        if failures.len() > FAILURES_SHOWN {
            text += &self.faint("More are in run.json.");
        }
        text
    }

    fn resources(&self, record: &RunRecord) -> String {
        let host = sheets::host(record);
        let processes = sheets::resources(record);
        if host.is_none() && processes.is_none() {
            return String::new();
        }
        let mut text = self.heading("Resources, over the whole run");
        if let Some(processes) = processes {
            text += &self.table(&processes);
            text += &self.faint(sheets::RESOURCES_MEAN);
        }
        let sentences = host.into_iter().chain(sheets::generator(record));
        for sentence in sentences.chain(resource_notes::sentences(record)) {
            text += &paragraph(" ", &sentence, self.columns);
        }
        text
    }

    fn files(&self, record: &RunRecord, run_folder: Option<&str>) -> String {
        let Some(folder) = run_folder else { return String::new() };
        let mut text = self.heading(&format!("Files in {}", one_line(folder)));
        text += &self.faint(&format!("{REPORT}, {}", beside_report(record).join(", ")));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::canonical::assert_fits;
    use crate::style::Style;

    fn drawn(record: &RunRecord, style: Style, columns: usize) -> String {
        let screen = Screen { style, columns, folder: Some("runs/a-run") };
        canonical::rendered(|record, out| render_on(&screen, record, out), record)
    }

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("tables-80-{name}"), drawn(&record, Style::plain(), 80));
            insta::assert_snapshot!(format!("tables-100-{name}"), drawn(&record, Style::plain(), 100));
        }
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        for (name, record) in canonical::records() {
            let colored = drawn(&record, Style::colored(), 80);
            let stripped = anstyle_free(&colored);
            assert_eq!(stripped, drawn(&record, Style::plain(), 80), "{name}");
            assert_ne!(stripped, colored);
        }
    }

    /// `text` without its escape sequences.
    fn anstyle_free(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest))
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_names() {
        let mut record = canonical::record("violated");
        record.load.steps[0].name = "予約を確認する".repeat(12);
        record.load.steps[4].name = "x".repeat(300);
        record.slos[0].slo.subject = aforo_model::Subject::Step("y".repeat(200));
        record.load.steps[4].error_examples[0].message = "a\u{1b}[2J\n".repeat(90);
        record.findings[0].message = "z".repeat(400);
        record.findings[0].subject = aforo_model::Subject::Step("w".repeat(200));
        let database = record.database.as_mut().unwrap();
        database.server.database = "a\u{1b}[2J\n".repeat(60);
        database.hot[0].text = Some("予約を確認する".repeat(40));
        database.findings[0].message = "z".repeat(400);
        database.findings[0].subject = aforo_model::Subject::Statement("\u{1b}[2J".to_owned());
        record.target.url = "http://".to_owned() + &"host.".repeat(60);
        assert_fits(render_on, &record);
    }
}
