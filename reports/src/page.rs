//! What the terminal's reports are written with: headings, paragraphs, findings.

use std::io::{self, Write};

use aforo_model::database::Skipped;
use aforo_model::{Finding, Severity};

use crate::figures;
use crate::sheet::{Sheet, paragraph};
use crate::style::{Style, Tone};
use crate::text::{one_line, truncated};

/// Columns before the text of a finding.
pub(crate) const FINDING_INDENT: usize = 10;

/// Parts that were not read, of which this many are shown; the others are in the JSON.
const SKIPPED_SHOWN: usize = 12;

/// Narrower than this, the endpoints do not fit; wider, lines are hard to read.
pub(crate) const COLUMNS: std::ops::RangeInclusive<usize> = 80..=100;

/// What a report is drawn on.
#[derive(Debug, Clone, Copy)]
pub struct Screen<'a> {
    /// Colours, or none.
    pub style: Style,
    /// Width of the terminal. A report uses 80 to 100 columns of it.
    pub columns: usize,
    /// The folder in which what is shown was saved, named at the end.
    pub folder: Option<&'a str>,
}

impl Screen<'_> {
    /// Without colours, 100 columns wide, and nothing saved.
    pub(crate) fn plain() -> Self {
        Self { style: Style::plain(), columns: *COLUMNS.end(), folder: None }
    }
}

/// Writes a report: sections with an empty line between them, without those that have nothing to say.
pub(crate) fn write_sections<const N: usize>(sections: [String; N], out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    out.write_all(shown.join("\n").as_bytes())
}

/// A report that is being written.
pub(crate) struct Page {
    pub(crate) style: Style,
    pub(crate) columns: usize,
}

impl Page {
    pub(crate) fn on(screen: &Screen<'_>) -> Self {
        Self { style: screen.style, columns: screen.columns.clamp(*COLUMNS.start(), *COLUMNS.end()) }
    }

    /// Lines of one tone: each line is painted by itself, so that no colour runs over a line's end.
    pub(crate) fn painted(&self, tone: Tone, lines: &str) -> String {
        lines.lines().map(|line| format!("{}\n", self.style.paint(tone, line))).collect()
    }

    pub(crate) fn heading(&self, text: &str) -> String {
        self.painted(Tone::Heading, text)
    }

    pub(crate) fn faint(&self, text: &str) -> String {
        self.painted(Tone::Faint, &paragraph(" ", text, self.columns))
    }

    pub(crate) fn table(&self, sheet: &Sheet) -> String {
        sheet.draw(self.style, self.columns)
    }

    /// A table under its title, with a note below it; nothing where there is no table.
    pub(crate) fn section(&self, title: &str, sheet: Option<Sheet>, note: Option<String>) -> String {
        let Some(sheet) = sheet else { return String::new() };
        let note = note.map_or_else(String::new, |note| self.faint(&note));
        self.heading(title) + &self.table(&sheet) + &note
    }

    pub(crate) fn answers(&self, answers: &[(&str, String)]) -> String {
        let line = |(name, value): &(&str, String)| paragraph(&format!(" {name:<9} "), value, self.columns);
        answers.iter().map(line).collect()
    }

    /// What a report begins with: what it says in a sentence, and what it is about.
    pub(crate) fn opening(&self, tone: Tone, headline: &str, facts: &[(&str, String)]) -> String {
        let headline = self.painted(tone, &paragraph("", headline, self.columns));
        format!("{headline}\n{}", self.answers(facts))
    }

    /// Findings about what they name themselves.
    pub(crate) fn findings<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>) -> String {
        let findings: String = findings
            .into_iter()
            .map(|finding| self.seen(&finding.subject.to_string(), finding) + &self.remedy(finding))
            .collect();
        if findings.is_empty() { findings } else { self.heading("Findings") + &findings }
    }

    /// What was not read, each part with what would let it be read.
    pub(crate) fn not_read(&self, skipped: &[Skipped]) -> String {
        if skipped.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Not read");
        for part in skipped.iter().take(SKIPPED_SHOWN) {
            text += &paragraph(" - ", &format!("{}: {}", part.what, part.why), self.columns);
            text += &paragraph("   → ", &part.remedy, self.columns);
        }
        if skipped.len() > SKIPPED_SHOWN {
            text += &self.faint("More are in the JSON.");
        }
        text
    }

    /// What a report ends with where it was saved.
    pub(crate) fn saved_in(&self, screen: &Screen<'_>) -> String {
        screen.folder.map_or_else(String::new, |folder| self.faint(&format!("Saved in {folder}")))
    }

    /// What a finding about `subject` saw.
    pub(crate) fn seen(&self, subject: &str, finding: &Finding) -> String {
        let mut text = self.marked(finding.severity, &format!("{subject}: {}", finding.code));
        text += &paragraph(&" ".repeat(FINDING_INDENT), &finding.message, self.columns);
        text
    }

    /// What it says to do.
    pub(crate) fn remedy(&self, finding: &Finding) -> String {
        paragraph("        → ", &finding.remedy, self.columns)
    }

    /// How severe something is, and what, on one line.
    pub(crate) fn marked(&self, severity: Severity, what: &str) -> String {
        let tone = match severity {
            Severity::Critical => Tone::Bad,
            Severity::Warning => Tone::Doubtful,
            Severity::Info => Tone::Faint,
        };
        let word = format!("{:<8}", figures::severity(severity));
        let what = truncated(&one_line(what), self.columns - FINDING_INDENT);
        format!(" {} {what}\n", self.style.paint(tone, &word))
    }
}
