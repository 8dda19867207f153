//! What the report of a run says of its database in short.

use std::io::{self, Write};

use aforo_model::database::{DatabaseReport, HotStatement};
use aforo_model::{Finding, RunRecord};
use tabled::grid::util::string::get_line_width;

use super::headline;
use super::statements::{self, cost};
use crate::figures;
use crate::page::{FINDING_INDENT, Page};
use crate::sheet::{code_span, escaped, paragraph, prose};
use crate::text::{one_line, wrapped_in};

/// Findings and statements that are shown.
const SHOWN: usize = 3;
/// Lines that a finding's message may take on a terminal.
const MESSAGE_LINES: usize = 3;
/// Columns of a statement in Markdown.
const STATEMENT_COLUMNS: usize = 100;

impl Page {
    /// The worst findings and the first statements; empty where the database was not analyzed.
    pub(crate) fn database(&self, record: &RunRecord) -> String {
        let Some(report) = &record.database else { return String::new() };
        let mut text = self.heading("Database");
        let headline = paragraph(" ", &short(report), self.columns);
        text += &self.painted(headline::tone(report), &headline);
        text += &self.worst_findings(report);
        for (number, statement) in first(report) {
            let lead = format!(" {number:>3}  {:>7}  {}  ", share(statement), cost(statement));
            let room = self.columns.saturating_sub(get_line_width(&lead));
            text += &format!("{lead}{}\n", statements::in_line(statements::text(statement), room));
        }
        let command = command(record);
        text + &self.faint(&format!("Percentages are of the time in statements. {command} shows all."))
    }
}

impl Page {
    /// The worst findings, shortly.
    pub(super) fn worst_findings(&self, report: &DatabaseReport) -> String {
        let mut text = String::new();
        for finding in worst(report) {
            let subject = statements::subject(report, finding);
            text += &self.marked(finding.severity, &format!("{subject}: {}", finding.code));
            let room = self.columns - FINDING_INDENT;
            for line in wrapped_in(&one_line(&finding.message), room, MESSAGE_LINES) {
                text += &format!("{}{line}\n", " ".repeat(FINDING_INDENT));
            }
        }
        text
    }
}

/// The same in Markdown.
pub(crate) fn markdown(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let Some(report) = &record.database else { return Ok(()) };
    writeln!(out, "\n## Database\n\n{}.\n", escaped(&short(report)))?;
    for finding in worst(report) {
        writeln!(
            out,
            "- **{}** {} ({}): {}.",
            figures::severity(finding.severity),
            escaped(&statements::subject(report, finding)),
            escaped(&finding.code),
            prose(finding.message.trim_end_matches('.'))
        )?;
    }
    for (number, statement) in first(report) {
        let (share, cost) = (share(statement), cost(statement));
        let text = code_span(&statements::in_line(statements::text(statement), STATEMENT_COLUMNS));
        writeln!(out, "- statement {number}, {share} of the time, {cost}: {text}")?;
    }
    writeln!(out, "\n{} shows all.", code_span(&command(record)))
}

/// Which database, its health, and how much stands out.
fn short(report: &DatabaseReport) -> String {
    format!("{}: {}", report.server.database, headline::conclusion(report))
}

/// The first findings: a report has the most severe first.
fn worst(report: &DatabaseReport) -> impl Iterator<Item = &Finding> {
    report.findings.iter().take(SHOWN)
}

/// The statements that took most time, with their numbers.
fn first(report: &DatabaseReport) -> impl Iterator<Item = (usize, &HotStatement)> {
    (1..).zip(report.hot.iter().take(SHOWN))
}

fn share(statement: &HotStatement) -> String {
    figures::percent(statement.share_of_time_ratio)
}

fn command(record: &RunRecord) -> String {
    format!("aforo analyze --run {}", record.id)
}
