//! The report a person reads first: the verdict, the objectives, the three things that matter, and where the rest is.

use std::io::{self, Write};

use aforo_model::{Recommendation, RunRecord, Verdict};

use crate::counted::counted;
use crate::files::{REPORT, beside_report};
use crate::headline::{banner, headline, tone};
use crate::open_objectives::open_reasons;
use crate::page::{FINDING_INDENT, Page, write_sections};
use crate::recommendations::{Help, basis, effect, effect_in_short, helps, price};
use crate::sheet::paragraph;
use crate::sheets;
use crate::style::Tone;
use crate::text::{one_line, wrapped_in};
use crate::what_matters::{Found, what_matters};

pub use crate::page::Screen;

/// Objectives that are shown one by one; of more, only those that were not met.
const OBJECTIVES_SHOWN: usize = 12;
/// Lines that a sentence may take.
const SENTENCE_LINES: usize = 3;
/// Lines that a statement or a command may take; longer ones are in the report.
const ACTION_LINES: usize = 6;

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
        page.verdict(record) + &page.in_short(record) + &page.caveats(record),
        page.objectives_in_short(record),
        page.comparison(record),
        page.what_matters(record),
        page.pointers(record, screen.folder),
    ];
    write_sections(sections, out)
}

impl Page {
    /// The verdict in a sentence, and what a reader must know before any figure.
    pub(crate) fn verdict(&self, record: &RunRecord) -> String {
        let mut text = self.painted(tone(&record.verdict), &paragraph("", &headline(record), self.columns));
        if let Some(banner) = banner(record) {
            text += &self.painted(Tone::Doubtful, &paragraph("", &banner, self.columns));
        }
        text
    }

    fn in_short(&self, record: &RunRecord) -> String {
        paragraph(" ", &sheets::in_short(record), self.columns)
    }

    /// What a reader of the verdict must know that nothing below says, with what to do about it.
    fn caveats(&self, record: &RunRecord) -> String {
        what_matters(record).caveats.iter().map(|found| self.uncovered(found)).collect()
    }

    fn objectives_in_short(&self, record: &RunRecord) -> String {
        let mut sheet = sheets::objectives(record);
        if sheet.rows.is_empty() {
            return format!("{}{}", self.heading("Objectives"), self.faint("The scenario sets none."));
        }
        let mut others = String::new();
        if sheet.rows.len() > OBJECTIVES_SHOWN {
            let all = sheet.rows.len();
            sheet.rows = not_met(record, sheet.rows);
            let met = counted((all - sheet.rows.len()) as u64, "more objective");
            others = self.faint(&format!("{met} held."));
        }
        let table = if sheet.rows.is_empty() { String::new() } else { self.table(&sheet) };
        self.heading("Objectives") + &table + &others + &self.objective_notes(record)
    }

    /// Why objectives are open, and what would help those that were missed.
    pub(crate) fn objective_notes(&self, record: &RunRecord) -> String {
        let reasons = open_reasons(record);
        let helps = helps(record);
        reasons
            .into_iter()
            .chain(helps.iter().map(Help::sentence))
            .map(|note| self.painted(Tone::Faint, &paragraph(" - ", &note, self.columns)))
            .collect()
    }

    fn what_matters(&self, record: &RunRecord) -> String {
        let matters = what_matters(record);
        let mut text = self.recommendations_in_short(matters.recommendations);
        if !matters.findings.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            text += gap;
            text += &self.heading("Findings");
            text += &matters.findings.iter().map(|found| self.uncovered(found)).collect::<String>();
        }
        text
    }

    fn uncovered(&self, found: &Found<'_>) -> String {
        let finding = found.finding;
        let what = format!("{}: {}", found.subject, finding.code);
        let indent = " ".repeat(FINDING_INDENT);
        self.marked(finding.severity, &what)
            + &self.sentence(&indent, &finding.message, SENTENCE_LINES)
            + &self.sentence("        → ", &finding.remedy, SENTENCE_LINES)
    }

    /// The first recommendations with what is to be done, without what is to be done before and after.
    fn recommendations_in_short(&self, recommendations: &[Recommendation]) -> String {
        if recommendations.is_empty() {
            return String::new();
        }
        let mut text = self.heading("What to do");
        for (number, each) in (1..).zip(recommendations) {
            text += &self.title(number, each);
            text += &self.sentence("    ", &each.why, SENTENCE_LINES);
            let effect = format!("{}. {}.", effect_in_short(each), price(each));
            text += &self.sentence("    ", &effect, SENTENCE_LINES);
            for action in &each.actions {
                text += &self.sentence("  → ", action.text(), ACTION_LINES);
            }
        }
        text
    }

    /// Every recommendation with all that is known of it.
    pub(crate) fn recommendations(&self, recommendations: &[Recommendation]) -> String {
        if recommendations.is_empty() {
            return String::new();
        }
        let mut text = self.heading("What to do");
        for (number, each) in (1..).zip(recommendations) {
            text += &self.title(number, each);
            text += &paragraph("    ", &format!("{} {}", each.what, each.why), self.columns);
            text += &paragraph("    ", &format!("{}. {}.", effect(each), price(each)), self.columns);
            let basis = basis(&each.effect).map(|how| ("known by", how));
            let risk = Some(("risk", one_line(&each.risk_note)));
            for (name, said) in basis.into_iter().chain(risk) {
                text += &paragraph(&format!("    {name:<9} "), &said, self.columns);
            }
            let lists = [("do", &each.actions), ("undo", &each.undo), ("verify", &each.verify)];
            for (name, actions) in lists {
                for action in actions {
                    text += &paragraph(&format!("    {name:<9} "), action.text(), self.columns);
                }
            }
        }
        text
    }

    fn title(&self, number: usize, recommendation: &Recommendation) -> String {
        let title = paragraph(&format!(" {number}. "), &recommendation.title, self.columns);
        self.painted(Tone::Heading, &title)
    }

    /// A paragraph that is cut where it would be longer.
    fn sentence(&self, lead: &str, text: &str, most_lines: usize) -> String {
        let room = self.columns - lead.chars().count();
        let lines = wrapped_in(&one_line(text), room, most_lines);
        paragraph(lead, &lines.join(" "), self.columns)
    }

    fn pointers(&self, record: &RunRecord, folder: Option<&str>) -> String {
        let Some(folder) = folder else { return self.more(&record.id) };
        let report = self.heading(&format!("Report: {}/{REPORT}", one_line(folder)));
        let files = beside_report(record).join(", ");
        report + &self.faint(&format!("Beside it: {files}.")) + &self.more(folder)
    }

    /// How to see all of it. What is for copying is never broken: it stands on one line, however long it is.
    fn more(&self, run: &str) -> String {
        self.painted(Tone::Faint, &format!(" Tables: aforo report {} --format tables", one_line(run)))
    }
}

/// The rows of the objectives that were not met.
fn not_met<T>(record: &RunRecord, rows: Vec<T>) -> Vec<T> {
    let rows = record.slos.iter().zip(rows);
    rows.filter(|(result, _)| result.verdict != Verdict::Met).map(|(_, row)| row).collect()
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
            insta::assert_snapshot!(format!("terminal-80-{name}"), drawn(&record, Style::plain(), 80));
        }
    }

    #[test]
    fn what_makes_the_verdict_doubtful_stands_beside_it_and_once() {
        let mut record = canonical::record("met");
        let mut finding = canonical::record("violated").findings.swap_remove(1);
        (finding.severity, finding.code) = (aforo_model::Severity::Critical, "machine-busy".to_owned());
        record.findings = vec![finding];
        let text = drawn(&record, Style::plain(), 80);
        let (top, rest) = text.split_once("\nObjectives\n").unwrap();
        assert!(top.contains("critical") && top.contains("machine-busy"), "{text}");
        assert!(!rest.contains("machine-busy"), "{text}");
    }

    #[test]
    fn of_many_objectives_only_those_that_were_not_met_are_shown() {
        let mut record = canonical::record("violated");
        let met = record.slos[1].clone();
        assert_eq!(met.verdict, Verdict::Met);
        record.slos.extend(std::iter::repeat_n(met, 20));
        let text = drawn(&record, Style::plain(), 80);
        assert!(text.contains("23 more objectives held.") && !text.contains("webhook_text p95"), "{text}");
        record.slos.retain(|result| result.verdict == Verdict::Met);
        assert!(drawn(&record, Style::plain(), 80).contains(" 23 more objectives held."));
    }

    #[test]
    fn it_fits_two_screens_however_much_was_found() {
        let mut record = canonical::record("violated");
        let (advice, finding) = (record.recommendations[0].clone(), record.findings[0].clone());
        record.recommendations.extend(std::iter::repeat_n(advice, 40));
        record.findings.extend(std::iter::repeat_n(finding, 40));
        assert!(drawn(&record, Style::plain(), 80).lines().count() <= 60);
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_names() {
        let mut record = canonical::record("violated");
        record.scenario.name = "予約を確認する".repeat(40);
        record.target.name = "a\u{1b}[2J\n".repeat(90);
        record.slos[0].slo.subject = aforo_model::Subject::Step("y".repeat(10_000));
        let advice = &mut record.recommendations[0];
        for text in [&mut advice.title, &mut advice.what, &mut advice.why, &mut advice.risk_note] {
            *text = "z\u{1b}[2J".repeat(400);
        }
        advice.actions.push(aforo_model::Action::Sql("SELECT '予約'\n--\n".repeat(200)));
        record.findings[1].message = "z".repeat(10_000);
        assert_fits(render_on, &record);
    }
}
