//! The canonical runs that every format is tested with.

use std::io::{self, Write};

use aforo_model::{Action, RunRecord, Subject, Verdict, read_run};
use tabled::grid::util::string::get_line_width;

use crate::page::Screen;
use crate::style::Style;

/// A run that met its objectives, one that violated some, one whose target died, an open one with a spike, and one that
/// searches for the limit.
const FIXTURES: [(&str, &str); 5] = [
    ("met", include_str!("../fixtures/met.json")),
    ("violated", include_str!("../fixtures/violated.json")),
    ("cut-short", include_str!("../fixtures/cut-short.json")),
    ("open", include_str!("../fixtures/open.json")),
    ("stress", include_str!("../fixtures/stress.json")),
];

/// Every canonical run with its name.
pub(crate) fn records() -> Vec<(&'static str, RunRecord)> {
    FIXTURES.iter().map(|(name, json)| (*name, read_run(json).expect(name))).collect()
}

/// The canonical run of this name.
pub(crate) fn record(name: &str) -> RunRecord {
    records().into_iter().find(|(known, _)| *known == name).expect("a known name").1
}

/// What a format writes.
pub(crate) fn rendered<T>(render: impl Fn(&T, &mut dyn Write) -> io::Result<()>, report: &T) -> String {
    let mut bytes = Vec::new();
    render(report, &mut bytes).expect("memory can be written to");
    String::from_utf8(bytes).expect("reports are UTF-8")
}

/// Holds for screens of all widths that no line of a report is wider, and that no text from outside gets an escape sequence through.
pub(crate) fn assert_fits<T>(
    render_on: impl Fn(&Screen<'_>, &T, &mut dyn Write) -> io::Result<()>,
    report: &T,
) {
    for (style, escape) in [(Style::plain(), "\u{1b}"), (Style::colored(), "\u{1b}[2J")] {
        for columns in [0, 80, 93, 100, 5000] {
            let screen = Screen { style, columns, folder: Some("runs/a-run") };
            let text = rendered(|report, out| render_on(&screen, report, out), report);
            assert!(!text.contains(escape), "{columns}: {text:?}");
            for line in text.lines() {
                assert!(get_line_width(line) <= columns.clamp(80, 100), "{columns}: {line:?}");
            }
        }
    }
}

/// Texts that mean something to somebody who reads a report: a browser, a shell, a spreadsheet, a terminal, an XML parser.
const HOSTILE: [&str; 18] = [
    "<script>alert(1)</script>",
    "]]> <!-- & &amp; &#0; \"quoted\" 'once'",
    "`code` | *bold* | [link](http://example.invalid) ![image](x)",
    "=HYPERLINK(\"http://example.invalid\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "# no comment \\ \"and\" \\n # so",
    "$(touch x) `touch x` ; & | > x 'open",
    "line\nbreak\r\nand\tTAB\u{b}\u{c}",
    "control \u{0}\u{1}\u{1b}[2J\u{7}\u{7f}\u{85}\u{9b}",
    "no character \u{fffe}\u{ffff}\u{fdd0}, no width \u{200b}\u{feff}\u{301}\u{301}, turned \u{202e}round",
    "\u{200b}\u{2060}\u{ad}",
    "\u{202e}tceles\u{2066} \u{2069}\u{200f}right to left\u{202c}",
    "👩‍👩‍👧‍👦 予約を確認する حجز",
    "",
    " ",
];

/// A record with each hostile text, and one with a text of ten thousand characters, in the place of every name and sentence.
pub(crate) fn hostile() -> Vec<(String, RunRecord)> {
    let long = "habitación-<b>-".repeat(10_000 / 15);
    let texts = HOSTILE.into_iter().chain([long.as_str()]);
    texts.map(|text| (format!("{text:.30?}"), with_names(text))).collect()
}

fn with_names(text: &str) -> RunRecord {
    let mut record = record("violated");
    for name in [&mut record.scenario.name, &mut record.target.name, &mut record.environment.os] {
        *name = text.to_owned();
    }
    record.target.description = Some(text.to_owned());
    for (number, step) in record.load.steps.iter_mut().enumerate() {
        step.name = format!("{text}{number}");
        step.error_examples.iter_mut().for_each(|example| example.message = text.to_owned());
    }
    record.load.timeline.steps = record
        .load
        .timeline
        .steps
        .into_values()
        .enumerate()
        .map(|(at, series)| (format!("{text}{at}"), series))
        .collect();
    for (number, result) in record.slos.iter_mut().enumerate() {
        result.slo.subject = Subject::Step(format!("{text}{number}"));
        if let Verdict::Inconclusive { why } = &mut result.verdict {
            *why = text.to_owned();
        }
    }
    for finding in &mut record.findings {
        (finding.message, finding.remedy) = (text.to_owned(), text.to_owned());
        finding.subject = Subject::Part(text.to_owned());
    }
    for advice in &mut record.recommendations {
        for sentence in [&mut advice.title, &mut advice.what, &mut advice.why, &mut advice.risk_note] {
            *sentence = text.to_owned();
        }
        advice.actions.push(Action::Sql(text.to_owned()));
    }
    record
}
