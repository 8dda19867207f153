//! The database report for a terminal.

use std::io::{self, Write};

use aforo_model::Answer;
use aforo_model::database::{DatabaseReport, HotStatement, NPlusOne};

use super::{answers, findings, headline, plans, sheets, statements};
use crate::figures;
use crate::page::{Page, Screen, write_sections};
use crate::sheet::paragraph;
use crate::style::Tone;

/// Lines that a statement's text may take; the whole text is in the JSON.
const STATEMENT_LINES: usize = 3;
/// Where a statement's text begins.
const STATEMENT_INDENT: &str = "      ";

pub(super) fn render(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), report, out)
}

/// Writes the report for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let sections = [
        page.opening(headline::tone(report), &headline::headline(report), &answers::facts(report)),
        page.first_of_all(report),
        page.n_plus_ones(report),
        page.traces(report),
        page.hot_statements(report),
        page.plans(report),
        page.index_advice(report),
        page.database_findings(report),
        page.checklist(report),
        page.not_read(&report.skipped),
        page.saved_in(screen),
    ];
    write_sections(sections, out)
}

/// Every N+1 of every step that was asked alone.
pub(super) fn n_plus_ones(report: &DatabaseReport) -> impl Iterator<Item = &NPlusOne> {
    report.probes.iter().filter_map(|probe| probe.answer.found()).flat_map(|judged| &judged.n_plus_ones)
}

impl Page {
    /// What stands out most, before all that it rests on.
    fn first_of_all(&self, report: &DatabaseReport) -> String {
        let worst = self.worst_findings(report);
        if worst.is_empty() { worst } else { self.heading("First of all") + &worst }
    }

    fn n_plus_ones(&self, report: &DatabaseReport) -> String {
        if report.probes.is_empty() {
            return String::new();
        }
        let mut text = self.heading("N+1: statements that run once for every item");
        let found: Vec<String> = n_plus_ones(report)
            .map(|found| {
                self.marked(found.severity, &found.step) + &self.answers(&answers::n_plus_one(report, found))
            })
            .collect();
        if found.is_empty() {
            text += &self.faint("None.");
        } else {
            text += &found.join("\n");
            text += &self.faint("The Markdown report has the fix in the words of common frameworks.");
        }
        for probe in &report.probes {
            if let Answer::Absent { why } = &probe.answer {
                text += &self.faint(&format!("{} could not be judged: {why}.", probe.step));
            }
        }
        text + &answers::not_asked(report).map_or_else(String::new, |sentence| self.faint(&sentence))
    }

    fn hot_statements(&self, report: &DatabaseReport) -> String {
        if report.hot.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Statements, by the time they took");
        for (place, statement) in report.hot.iter().enumerate() {
            text += &self.figures_of(place + 1, statement);
            text += &self.statement_text(statements::text(statement));
        }
        if let Answer::Absent { why } = &report.attribution {
            text += &self.faint(&format!("Which step causes which is not known: {why}."));
        }
        if let Some(sentence) = answers::waits(report) {
            text += &self.faint(&sentence);
        }
        text
    }

    /// Number, share and figures of a statement in a line or two.
    fn figures_of(&self, number: usize, statement: &HotStatement) -> String {
        let lead = format!(" {number:>3}  {:>7}  ", figures::percent(statement.share_of_time_ratio));
        let figures = paragraph(&lead, &statements::described(statement), self.columns);
        self.painted(statements::tone(statement), &figures)
    }

    /// The text of a statement below its figures.
    fn statement_text(&self, text: &str) -> String {
        let room = self.columns - STATEMENT_INDENT.len();
        let lines = statements::in_lines(text, room, STATEMENT_LINES);
        lines.iter().map(|line| format!("{STATEMENT_INDENT}{line}\n")).collect()
    }

    fn plans(&self, report: &DatabaseReport) -> String {
        let mut drawn = plans::drawn(report);
        let settings = plans::take_shared_settings(&mut drawn);
        let mut parts: Vec<String> = drawn
            .iter()
            .map(|plan| {
                paragraph(" ", &plan.title, self.columns)
                    + &indented(&plan.tree(self.columns - 1, self.style))
            })
            .collect();
        let sentences = settings.into_iter().chain(plans::not_drawn(report));
        let sentences: String = sentences.map(|sentence| self.faint(&sentence)).collect();
        parts.extend((!sentences.is_empty()).then_some(sentences));
        if parts.is_empty() { String::new() } else { self.heading("Plans") + &parts.join("\n") }
    }

    fn index_advice(&self, report: &DatabaseReport) -> String {
        let mut text = self.heading("Indexes that would help");
        match &report.index_advice {
            Answer::Absent { why } => text += &self.faint(&format!("Not known: {why}.")),
            Answer::Found(advice) => {
                match sheets::advised(advice) {
                    Some(sheet) => text += &self.table(&sheet),
                    None => text += &self.faint("None."),
                }
                text += &self.faint(&answers::advice(advice));
                for index in &advice.indexes {
                    let lead = format!(" {:>3}  ", index.priority);
                    text += &paragraph(&lead, &index.create_sql, self.columns);
                    text +=
                        &self.painted(Tone::Faint, &paragraph("      undo: ", &index.drop_sql, self.columns));
                }
            }
        }
        text
    }

    fn database_findings(&self, report: &DatabaseReport) -> String {
        if report.findings.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Findings");
        let listed = findings::listed(report);
        for (place, finding) in listed.iter().enumerate() {
            text += &self.seen(&statements::subject(report, finding), finding);
            // What is to be done about several in a row is said once.
            let next = listed.get(place + 1);
            if next.is_none_or(|next| (&next.code, &next.remedy) != (&finding.code, &finding.remedy)) {
                text += &self.remedy(finding);
            }
        }
        text + &findings::not_listed(report).map_or_else(String::new, |sentence| self.faint(&sentence))
    }

    fn checklist(&self, report: &DatabaseReport) -> String {
        let mut text = self.heading("Checklist");
        if let Some(sheet) = sheets::deductions(report) {
            text += &self.table(&sheet);
        }
        text + &self.faint(&answers::checks(report))
    }
}

/// Lines moved to the right by one, as far as every paragraph of a report is.
fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!(" {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::assert_fits;
    use crate::database::canonical;
    use crate::style::Style;

    fn drawn(report: &DatabaseReport, columns: usize) -> String {
        let screen = Screen { style: Style::plain(), columns, folder: Some("runs/a-run") };
        canonical::rendered(|report, out| render_on(&screen, report, out), report)
    }

    #[test]
    fn the_canonical_report_looks_like_this() {
        let report = canonical::report();
        insta::assert_snapshot!("database-80", drawn(&report, 80));
        insta::assert_snapshot!("database-100", drawn(&report, 100));
    }

    #[test]
    fn a_slow_statement_is_red_and_a_listed_one_yellow() {
        let mut report = canonical::report();
        (report.hot[0].is_slow, report.hot[1].is_listed) = (true, true);
        let screen = Screen { style: Style::colored(), columns: 100, folder: None };
        let text = canonical::rendered(|report, out| render_on(&screen, report, out), &report);
        let painted = |tone| {
            let mark = Style::colored().paint(tone, "x");
            let before = mark.split('x').next().unwrap().to_owned();
            move |number: u32| format!("{before}   {number}  ")
        };
        assert!(text.contains(&painted(Tone::Bad)(1)), "{text}");
        assert!(text.contains(&painted(Tone::Doubtful)(2)), "{text}");
        assert!(text.contains("\n   3  "), "{text}");
    }

    #[test]
    fn what_to_do_about_several_in_a_row_is_said_once() {
        let report = canonical::report();
        let of_it: Vec<_> = report.findings.iter().filter(|finding| finding.code == "seq-scan").collect();
        assert!(of_it.len() > 1 && of_it.iter().all(|finding| finding.remedy == of_it[0].remedy));
        let text = drawn(&report, 100);
        assert_eq!(text.matches(": seq-scan\n").count(), of_it.len());
        assert_eq!(text.matches("→ give public.reservations an index").count(), 1);
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_texts() {
        let mut report = canonical::report();
        report.server.database = "a\u{1b}[2J\n".repeat(60);
        for statement in &mut report.hot {
            statement.text = Some("予約を確認する".repeat(40));
        }
        for finding in &mut report.findings {
            finding.message = "z".repeat(400);
            finding.subject = aforo_model::Subject::Step("w".repeat(200));
        }
        report.plan_findings[0].1.finding.code = "c\u{1b}[2J".repeat(90);
        report.not_probed[0].what = "w\u{1b}[2J".repeat(90);
        if let Answer::Found(advice) = &mut report.index_advice {
            advice.indexes[0].drop_sql = "d\u{1b}[2J\n".repeat(90);
        }
        assert_fits(render_on, &report);
    }
}
