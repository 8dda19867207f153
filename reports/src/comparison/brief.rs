//! What the report of a run says of its comparison with a baseline in short.

use std::io::{self, Write};

use aforo_model::{ComparedRun, RunComparison, RunRecord};

use super::{facts, headline, ranking, sheets};
use crate::page::Page;
use crate::sheet::{escaped, paragraph};

/// Changed figures that are shown; the others are in the comparison itself.
const CHANGED_SHOWN: usize = 8;
/// Where the rest is.
const MORE: &str = "All figures are in comparison.md.";

impl Page {
    /// What changed since the baseline; empty where the run was not compared with one.
    pub(crate) fn comparison(&self, record: &RunRecord) -> String {
        let Some(comparison) = record.comparison.as_deref() else { return String::new() };
        let mut text = self.heading(&heading(comparison)) + &self.comparison_headline(comparison);
        let changed = ranking::changed(comparison);
        if let Some(sheet) = sheets::compared(&changed[..changed.len().min(CHANGED_SHOWN)]) {
            text += &self.table(&sheet);
        }
        for line in facts::folded(comparison) {
            text += &paragraph(" ", &line, self.columns);
        }
        text + &self.faint(MORE)
    }
}

/// The same in Markdown.
pub(crate) fn markdown(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let Some(comparison) = record.comparison.as_deref() else { return Ok(()) };
    writeln!(out, "\n## {}\n", escaped(&heading(comparison)))?;
    writeln!(out, "**{}**\n", escaped(&headline::headline(comparison)))?;
    let changed = ranking::changed(comparison);
    if let Some(sheet) = sheets::compared(&changed[..changed.len().min(CHANGED_SHOWN)]) {
        writeln!(out, "{}", sheet.markdown())?;
    }
    facts::folded(comparison).iter().try_for_each(|line| writeln!(out, "- {}", escaped(line)))?;
    writeln!(out, "\n{MORE}")
}

/// What the run was compared with.
pub(crate) fn heading(comparison: &RunComparison) -> String {
    match comparison.before.as_slice() {
        [ComparedRun { id, .. }] => format!("Against {id}"),
        runs => format!("Against the baseline of {} runs", runs.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{record, rendered};
    use crate::comparison::canonical;

    #[test]
    fn a_run_tells_its_comparison_in_short_and_one_without_says_nothing() {
        let mut run = record("met");
        let page = Page { style: crate::style::Style::plain(), columns: 80 };
        assert_eq!((page.comparison(&run), rendered(markdown, &run)), Default::default());
        run.comparison = Some(Box::new(canonical::regression()));
        let both = format!("{}\n{}", page.comparison(&run), rendered(markdown, &run));
        insta::assert_snapshot!("comparison-brief", both);
    }
}
