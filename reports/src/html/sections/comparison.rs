//! What changed since the baseline that the run was compared with.

use aforo_model::{Answer, PlanChange, RunComparison, RunRecord, format_duration};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use crate::comparison::{brief, facts, headline, ranking, sheets, wording};
use crate::counted::counted;
use crate::sheet::Sheet;
use crate::style::Tone;

pub(super) const SECTION: Section = Section {
    id: "comparison",
    title: "Comparison",
    view,
    template: include_str!("comparison.html"),
    style: "",
    script: "",
};

/// What the comparison says, as a word and a sentence.
#[derive(Serialize)]
pub(super) struct Outcome {
    word: &'static str,
    tone: Tone,
    sentence: String,
}

#[derive(Serialize)]
struct View<'a> {
    against: String,
    outcome: Outcome,
    /// What changed, and what of all steps together did not.
    changes: Option<Sheet>,
    /// The others, as counts.
    folded: Vec<String>,
    columns_mean: &'static str,
    /// Every figure, with how many there are; absent where `changes` are all.
    every: Option<(String, Sheet)>,
    plans: Vec<Plan<'a>>,
    cpu: String,
    functions: Option<Sheet>,
    facts: Vec<(&'static str, String)>,
}

/// A statement that is executed by another plan.
#[derive(Serialize)]
struct Plan<'a> {
    statement: &'a str,
    before: &'a str,
    mean_before: String,
    after: &'a str,
    mean_after: String,
}

/// What the comparison of a run says; nothing of one that was not compared.
pub(super) fn outcome(record: &RunRecord) -> Option<Outcome> {
    let comparison = record.comparison.as_deref()?;
    let headline = headline(comparison);
    // The word stands before the sentence, as a mark.
    let sentence = headline.split_once(": ").map_or("", |(_, sentence)| sentence).to_owned();
    Some(Outcome {
        word: wording::word(&comparison.change),
        tone: wording::tone(&comparison.change),
        sentence,
    })
}

fn view(record: &RunRecord) -> Option<Value> {
    let comparison = record.comparison.as_deref()?;
    let mut rows = ranking::changed(comparison);
    rows.extend(ranking::unchanged_totals(comparison));
    let every: Vec<_> = comparison.figures.iter().collect();
    let every = sheets::compared(&every).filter(|_| comparison.figures.len() > rows.len());
    let (cpu, functions) = profile(comparison);
    Some(Value::from(Serde(View {
        against: brief::heading(comparison),
        outcome: outcome(record)?,
        changes: sheets::compared(&rows),
        folded: facts::folded(comparison),
        columns_mean: facts::columns_mean(comparison),
        every: every.map(|sheet| (counted(comparison.figures.len() as u64, "figure"), sheet)),
        plans: comparison.plan_changes.iter().map(plan).collect(),
        cpu,
        functions,
        facts: facts::facts(comparison),
    })))
}

fn plan(change: &PlanChange) -> Plan<'_> {
    Plan {
        statement: change.text.as_deref().unwrap_or(&change.fingerprint),
        before: &change.before,
        mean_before: format_duration(change.mean_before_ms * 1e3),
        after: &change.after,
        mean_after: format_duration(change.mean_after_ms * 1e3),
    }
}

/// What the CPU profiles show, in a sentence or two, and the functions that changed.
fn profile(comparison: &RunComparison) -> (String, Option<Sheet>) {
    match &comparison.profile {
        Answer::Absent { why } => (format!("CPU profiles are not compared: {why}."), None),
        Answer::Found(diff) => match sheets::functions(diff) {
            Some(sheet) => (facts::cpu(diff), Some(sheet)),
            None => (format!("{} {}", facts::cpu(diff), facts::NO_FUNCTION), None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::comparison::canonical::{comparisons, regression};
    use crate::html::{self, evidence};

    fn page(record: &RunRecord) -> String {
        canonical::rendered(html::render, record)
    }

    #[test]
    fn a_run_that_was_compared_says_at_the_verdict_what_came_of_it() {
        let mut record = canonical::record("met");
        assert!(!page(&record).contains("id=\"comparison\""));
        record.comparison = Some(Box::new(regression()));
        let page = page(&record);
        let (verdict, rest) = page.split_once("id=\"comparison\"").expect("a section");
        assert!(verdict.contains("<span class=\"mark bad\">regression</span>"), "{verdict}");
        assert!(rest.contains("times what it was") && rest.contains("admin_list"), "{rest}");
    }

    #[test]
    fn every_outcome_is_shown_with_its_method() {
        for (name, comparison) in comparisons() {
            let mut record = evidence::record();
            let word = wording::word(&comparison.change);
            record.comparison = Some(Box::new(comparison));
            let page = page(&record);
            assert!(
                page.contains(&format!("\">{word}</span>")) && page.contains("<dt>method</dt>"),
                "{name}"
            );
        }
    }

    #[test]
    fn plans_and_functions_that_changed_are_shown() {
        let comparison = regression();
        assert!(!comparison.plan_changes.is_empty() && profile(&comparison).1.is_some());
        let mut record = canonical::record("met");
        record.comparison = Some(Box::new(comparison));
        assert!(page(&record).contains("Statements executed by another plan"));
    }
}
