//! A comparison for a terminal: what it says, what changed, and the rest as counts.

use std::io::{self, Write};

use aforo_model::{Answer, PlanChange, RunComparison};

use super::{facts, headline, ranking, sheets, wording};
use crate::counted::counted;
use crate::page::{Page, Screen, write_sections};
use crate::sheet::paragraph;
use crate::text::{one_line, truncated, wrapped_in};

/// Changed figures that are shown; the others are in the JSON.
const CHANGED_SHOWN: usize = 24;
/// Statements with another plan that are shown.
const PLANS_SHOWN: usize = 6;
/// Lines of a statement or a plan.
const PLAN_LINES: usize = 3;

pub(super) fn render(comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    render_on(&Screen::plain(), comparison, out)
}

/// Writes the comparison for this screen.
///
/// # Errors
/// Only those of `out`.
pub fn render_on(screen: &Screen<'_>, comparison: &RunComparison, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::on(screen);
    let sections = [
        page.comparison_top(comparison),
        page.compared_figures(comparison),
        page.plan_changes(&comparison.plan_changes),
        page.profile_changes(comparison),
        page.saved_in(screen),
    ];
    write_sections(sections, out)
}

impl Page {
    /// What the comparison says, in its tone.
    pub(super) fn comparison_headline(&self, comparison: &RunComparison) -> String {
        let headline = paragraph("", &headline::headline(comparison), self.columns);
        self.painted(wording::tone(&comparison.change), &headline)
    }

    fn comparison_top(&self, comparison: &RunComparison) -> String {
        format!("{}\n{}", self.comparison_headline(comparison), self.answers(&facts::facts(comparison)))
    }

    fn compared_figures(&self, comparison: &RunComparison) -> String {
        let changed = ranking::changed(comparison);
        let mut rows = changed.clone();
        rows.truncate(CHANGED_SHOWN);
        rows.extend(ranking::unchanged_totals(comparison));
        let Some(sheet) = sheets::compared(&rows) else { return String::new() };
        let mut text = self.heading("What changed") + &self.table(&sheet);
        if changed.len() > CHANGED_SHOWN {
            let rest = counted((changed.len() - CHANGED_SHOWN) as u64, "more changed figure");
            text += &self.faint(&format!("In the JSON: {rest}."));
        }
        for line in facts::folded(comparison) {
            text += &paragraph(" ", &line, self.columns);
        }
        text + &self.faint(facts::columns_mean(comparison))
    }

    fn plan_changes(&self, changes: &[PlanChange]) -> String {
        if changes.is_empty() {
            return String::new();
        }
        let mut text = self.heading("Statements executed by another plan");
        for change in changes.iter().take(PLANS_SHOWN) {
            let statement = change.text.as_deref().unwrap_or(&change.fingerprint);
            text += &self.clipped(" - ", statement);
            text += &self.clipped("   before  ", &plan(change.mean_before_ms, &change.before));
            text += &self.clipped("   after   ", &plan(change.mean_after_ms, &change.after));
        }
        if changes.len() > PLANS_SHOWN {
            text += &self.faint("More are in the JSON.");
        }
        text
    }

    fn clipped(&self, lead: &str, text: &str) -> String {
        let width = self.columns - lead.chars().count();
        let lines = wrapped_in(&one_line(text), width, PLAN_LINES);
        let indent = " ".repeat(lead.chars().count());
        let line = |(at, line): (usize, &String)| {
            format!("{}{}\n", if at == 0 { lead } else { &indent }, truncated(line, width))
        };
        lines.iter().enumerate().map(line).collect()
    }

    fn profile_changes(&self, comparison: &RunComparison) -> String {
        let mut text = self.heading("CPU profile");
        match &comparison.profile {
            Answer::Absent { why } => text += &self.faint(&format!("Not compared: {why}.")),
            Answer::Found(diff) => {
                text += &paragraph(" ", &facts::cpu(diff), self.columns);
                match sheets::functions(diff) {
                    Some(sheet) => text += &self.table(&sheet),
                    None => text += &self.faint(facts::NO_FUNCTION),
                }
                text += &self.faint(&facts::flame_graph(diff));
            }
        }
        text
    }
}

fn plan(mean_ms: f64, shape: &str) -> String {
    format!("{} a call: {shape}", aforo_model::format_duration(mean_ms * 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::assert_fits;
    use crate::comparison::canonical;
    use crate::style::Style;
    use aforo_model::Subject;

    fn drawn(comparison: &RunComparison, columns: usize) -> String {
        let screen = Screen { style: Style::plain(), columns, folder: Some("compared") };
        canonical::rendered(|comparison, out| render_on(&screen, comparison, out), comparison)
    }

    #[test]
    fn the_canonical_comparisons_look_like_this() {
        for (name, comparison) in canonical::comparisons() {
            insta::assert_snapshot!(format!("comparison-{name}-80"), drawn(&comparison, 80));
        }
    }

    #[test]
    fn no_line_is_wider_than_the_screen_however_hostile_the_texts() {
        let mut comparison = canonical::regression();
        let hostile = "<b>\"é\u{1b}[2J\n予約🛎".repeat(700);
        comparison.figures[8].subject = Subject::Step(hostile.clone());
        comparison.plan_changes[0].text = Some(hostile.clone());
        comparison.plan_changes[0].after = hostile.clone();
        comparison.differences[0].after = hostile.clone();
        comparison.before[0].description = Some(hostile.clone());
        if let Answer::Found(diff) = &mut comparison.profile {
            diff.functions[0].function = hostile;
        }
        assert_fits(render_on, &comparison);
    }

    #[test]
    fn a_comparison_of_nothing_is_drawn() {
        let mut comparison = canonical::inconclusive();
        comparison.figures.clear();
        comparison.before.clear();
        comparison.after.clear();
        assert!(drawn(&comparison, 80).starts_with("INCONCLUSIVE"));
    }
}
