//! What requests send to the database, as seen on the wire.

use std::io::{self, Write};

use aforo_model::database::{DatabaseReport, NPlusOne, Repetition, RequestTrace, TraceLine};

use super::statements;
use crate::counted::counted;
use crate::figures;
use crate::page::Page;
use crate::sheet::{Cell, Sheet, escaped, numbers, words};
use crate::style::Tone;

pub(crate) const TITLE: &str = "What one request sends to the database";
/// Statements that are shown of a request; the others are in the JSON.
const STATEMENTS_SHOWN: usize = 20;
/// Columns that a statement's text may take; the whole text is in the JSON.
const STATEMENT_COLUMNS: usize = 60;

/// How often an N+1 was seen on the wire, as a line of it.
pub(super) fn seen(found: &NPlusOne) -> Option<(&'static str, String)> {
    let seen = found.seen_on_wire?;
    let times = counted(seen.count, "time");
    let values = counted(seen.distinct_values, "different value");
    Some(("on wire", format!("sent {times} by one request, with {values}")))
}

impl Page {
    /// The sequence of each step's typical request.
    pub(super) fn traces(&self, report: &DatabaseReport) -> String {
        if report.traces.is_empty() {
            return String::new();
        }
        let mut text = self.heading(TITLE);
        for trace in &report.traces {
            text += &self.faint(&summary(trace));
            text += &sheet(trace).map_or_else(String::new, |sheet| self.table(&sheet));
        }
        text
    }
}

/// The same for Markdown.
pub(super) fn markdown(report: &DatabaseReport, out: &mut dyn Write) -> io::Result<()> {
    if report.traces.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {TITLE}")?;
    for trace in &report.traces {
        writeln!(out, "\n{}\n", escaped(&summary(trace)))?;
        if let Some(sheet) = sheet(trace) {
            write!(out, "{}", sheet.markdown())?;
        }
    }
    Ok(())
}

pub(crate) fn summary(trace: &RequestTrace) -> String {
    let (page, which) = match trace.page_size {
        Some(items) => (format!(", a page of {items}"), "the median"),
        None => (String::new(), "the most"),
    };
    let mut text = format!(
        "{}{page}: statements {}, transactions {}; {which} of {}.",
        trace.step,
        figures::count(trace.executions),
        figures::count(trace.transactions),
        counted(u64::from(trace.requests), "request")
    );
    let hidden = trace.statements.len().saturating_sub(STATEMENTS_SHOWN);
    if hidden > 0 {
        text += &format!(" In the JSON: {} more.", figures::count(hidden as u64));
    }
    if trace.dropped > 0 {
        text += &format!(" Not seen: {}.", counted(trace.dropped, "statement"));
    }
    if trace.unreadable > 0 {
        text += &format!(" Not read: {}.", counted(u64::from(trace.unreadable), "connection"));
    }
    text
}

/// The statements in their order; `None` where there are none.
pub(crate) fn sheet(trace: &RequestTrace) -> Option<Sheet> {
    (!trace.statements.is_empty()).then(|| Sheet {
        columns: vec![
            words("statement"),
            numbers("times"),
            numbers("values"),
            numbers("rows"),
            numbers("wire time"),
            words(""),
        ],
        rows: trace.statements.iter().take(STATEMENTS_SHOWN).map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn row(line: &TraceLine) -> Vec<Cell> {
    let (said, tone) = match line.repetition {
        Some(Repetition::NPlusOne) => ("N+1", Tone::Bad),
        Some(Repetition::SameValues) => ("asked again", Tone::Doubtful),
        Some(Repetition::OtherValues) | None => ("", Tone::Neutral),
    };
    vec![
        Cell::from(statements::in_line(&line.text, STATEMENT_COLUMNS)),
        Cell::toned(&figures::count(line.count), tone),
        Cell::from(figures::count(line.distinct_values)),
        Cell::from(figures::count(line.rows)),
        Cell::from(figures::time_us((line.elapsed_ms * 1e3).round() as u64)),
        Cell::toned(said, tone),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Screen;
    use tabled::grid::util::string::get_line_width;

    fn line(text: &str, count: u64, distinct_values: u64, repetition: Option<Repetition>) -> TraceLine {
        TraceLine {
            fingerprint: "f".into(),
            text: text.into(),
            noise: None,
            count,
            distinct_values,
            same_values: 1,
            in_requests: 3,
            rows: count,
            elapsed_ms: 0.25 * count as f64,
            repetition,
        }
    }

    fn trace(statements: Vec<TraceLine>) -> RequestTrace {
        RequestTrace {
            step: "list".into(),
            page_size: Some(40),
            requests: 3,
            executions: statements.iter().map(|line| line.count).sum(),
            transactions: 1,
            statements,
            dropped: 0,
            unreadable: 0,
        }
    }

    fn drawn(trace: &RequestTrace) -> String {
        let page = Page::on(&Screen::plain());
        page.faint(&summary(trace)) + &sheet(trace).map_or_else(String::new, |sheet| page.table(&sheet))
    }

    #[test]
    fn a_request_looks_like_this() {
        let text = drawn(&trace(vec![
            line("BEGIN", 1, 1, None),
            line("SELECT guest FROM bookings WHERE id = $1", 40, 40, Some(Repetition::NPlusOne)),
            line("SELECT value FROM settings WHERE name = $1", 12, 1, Some(Repetition::SameValues)),
            line("SELECT price FROM nights WHERE night = $1", 4, 4, Some(Repetition::OtherValues)),
        ]));
        insta::assert_snapshot!(text, @r"
         list, a page of 40: statements 57, transactions 1; the median of 3 requests.
         statement                                   times  values  rows  wire time
        ────────────────────────────────────────────────────────────────────────────────────────
         BEGIN                                           1       1     1     250 µs
         SELECT guest FROM bookings WHERE id = $1       40      40    40      10 ms  N+1
         SELECT value FROM settings WHERE name = $1     12       1    12       3 ms  asked again
         SELECT price FROM nights WHERE night = $1       4       4     4       1 ms
        ");
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let many = (0..30).map(|number| line(&"x".repeat(number * 20), 1, 1, None)).collect();
        let trace = RequestTrace { dropped: 5, unreadable: 2, page_size: None, ..trace(many) };
        let text = drawn(&trace);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in ["In the JSON: 10 more.", "Not seen: 5 statements.", "Not read: 2 connections."] {
            assert!(words.contains(said), "{text}");
        }
        assert!(text.lines().all(|line| get_line_width(line) <= 100), "{text}");
    }

    #[test]
    fn no_statement_is_no_table() {
        let text = drawn(&trace(Vec::new()));
        assert_eq!(text, " list, a page of 40: statements 0, transactions 1; the median of 3 requests.\n");
    }
}
