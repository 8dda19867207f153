//! The statements that took most time, each with its plans.

use aforo_model::RunRecord;
use aforo_model::database::{DatabaseReport, ExplainOutcome, ExplainedStatement, HotStatement};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use super::plan::PlanView;
use crate::database::{answers, plans, statements};
use crate::figures;
use crate::style::Tone;

pub(super) const SECTION: Section = Section {
    id: "statements",
    title: "Statements",
    view,
    template: include_str!("statements.html"),
    style: include_str!("statements.css"),
    script: "",
};

/// Columns of a statement's text in the table; the whole text is below it.
const TEXT_COLUMNS: usize = 110;

/// Statements whose lines below the table are not folded away: more than these make the page longer than all its other sections.
const OPEN_COUNT: usize = 30;

#[derive(Serialize)]
struct View<'a> {
    statements: Vec<Statement<'a>>,
    open_count: usize,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Statement<'a> {
    number: usize,
    line: String,
    text: &'a str,
    tone: Tone,
    share: Figure,
    calls: Figure,
    mean: Figure,
    rows: Figure,
    blocks: Figure,
    steps: Option<String>,
    /// All figures in one line.
    described: String,
    /// Why it is no work of the application's own.
    noise: Option<&'a str>,
    findings: Vec<&'a aforo_model::Finding>,
    plans: Vec<PlanView>,
    /// Why there is no plan.
    no_plan: Vec<String>,
}

/// A number as it is shown, and as a table is sorted by it.
#[derive(Serialize)]
struct Figure {
    shown: String,
    value: f64,
}

fn view(record: &RunRecord) -> Option<Value> {
    let report = record.database.as_deref()?;
    if report.hot.is_empty() {
        return None;
    }
    let statements =
        (1..).zip(&report.hot).map(|(number, statement)| shown(report, number, statement)).collect();
    let unattributed = match &report.attribution {
        aforo_model::Answer::Absent { why } => {
            Some(format!("Which step causes which statement is not known: {why}."))
        }
        aforo_model::Answer::Found(_) => None,
    };
    let notes =
        [unattributed, plans::contradicted(report), plans::not_explained(report), answers::waits(report)];
    Some(Value::from(Serde(View {
        statements,
        open_count: OPEN_COUNT,
        notes: notes.into_iter().flatten().collect(),
    })))
}

fn shown<'a>(report: &'a DatabaseReport, number: usize, statement: &'a HotStatement) -> Statement<'a> {
    let text = statements::text(statement);
    let figure = |value: f64| Figure { shown: figures::significant(value), value };
    let is_of_it = |finding: &&aforo_model::Finding| matches!(&finding.subject, aforo_model::Subject::Statement(of) if *of == statement.fingerprint);
    let explained =
        || report.explained.iter().enumerate().filter(|(_, of)| of.fingerprint == statement.fingerprint);
    Statement {
        number,
        line: statements::in_line(text, TEXT_COLUMNS),
        text,
        tone: statements::tone(statement),
        share: Figure {
            shown: figures::percent(statement.share_of_time_ratio),
            value: statement.share_of_time_ratio,
        },
        calls: Figure {
            shown: figures::count(statement.counters.calls),
            value: statement.counters.calls as f64,
        },
        mean: Figure { shown: statements::mean(statement), value: statement.mean_ms },
        rows: figure(statement.rows_per_call),
        blocks: figure(statement.blocks_per_call),
        steps: statements::steps(statement),
        described: statements::described(statement),
        noise: statement.noise.as_deref(),
        findings: report.findings.iter().filter(is_of_it).collect(),
        plans: explained().filter_map(|(place, of)| plan(report, place, of)).collect(),
        no_plan: explained().filter_map(|(_, of)| no_plan(of)).collect(),
    }
}

fn plan(report: &DatabaseReport, place: usize, explained: &ExplainedStatement) -> Option<PlanView> {
    let ExplainOutcome::Planned(plan) = &explained.outcome else { return None };
    let findings: Vec<_> =
        report.plan_findings.iter().filter(|(of, _)| *of == place).map(|(_, found)| found).collect();
    let contradicted = explained.is_contradicted.then_some(
        "The statement's calls touched far fewer blocks than this plan would: they ran with another one.",
    );
    let refused = explained.not_executed.as_ref().map(|refusal| format!("Not executed: {}.", refusal.why));
    let notes = contradicted.map(str::to_owned).into_iter().chain(refused).collect();
    Some(PlanView::of(plan, &findings, plans::asked_for(explained.kind), notes))
}

fn no_plan(explained: &ExplainedStatement) -> Option<String> {
    match &explained.outcome {
        ExplainOutcome::Planned(_) => None,
        ExplainOutcome::NotExplained(obstacle) => {
            Some(format!("No plan: {}. {}", obstacle.why, obstacle.remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;
    use crate::html::{self, evidence};

    #[test]
    fn a_long_list_below_the_table_is_folded_away_and_a_short_one_is_not() {
        let page = |record: &RunRecord| canonical::rendered(html::render, record);
        assert!(page(&evidence::record()).contains("<h3>One by one</h3>"));
        let long = page(&html::tests::hour::record(60, 1, 31));
        assert!(long.contains("<summary>One by one: 31 statements</summary>"));
        assert_eq!(long.matches("<details").count(), long.matches("</details>").count());
    }

    #[test]
    fn every_statement_is_shown_with_its_plans_and_the_findings_about_it() {
        let record = evidence::record();
        let report = record.database.as_deref().unwrap();
        let shown: Vec<_> =
            (1..).zip(&report.hot).map(|(number, statement)| shown(report, number, statement)).collect();
        let planned = report
            .explained
            .iter()
            .filter(|explained| matches!(explained.outcome, ExplainOutcome::Planned(_)))
            .filter(|explained| statements::number(report, &explained.fingerprint).is_some());
        assert_eq!(shown.iter().map(|statement| statement.plans.len()).sum::<usize>(), planned.count());
        assert!(shown.iter().any(|statement| !statement.findings.is_empty()));
    }

    #[test]
    fn a_run_without_a_database_has_no_section() {
        assert!(view(&canonical::record("met")).is_none());
    }
}
