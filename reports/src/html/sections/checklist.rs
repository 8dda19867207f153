//! The database checklist and its score, and what sessions waited for.

use aforo_model::database::{
    BlockingChain, CheckArea, CheckLine, CheckOutcome, CheckResult, DatabaseReport, Grade, Skipped,
};
use aforo_model::{Answer, RunRecord, Subject};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use crate::database::{answers, sheets};
use crate::figures;
use crate::sheet::{Cell, Sheet, numbers, words};

pub(super) const SECTION: Section = Section {
    id: "checklist",
    title: "Database checklist",
    view,
    template: include_str!("checklist.html"),
    style: include_str!("checklist.css"),
    script: "",
};

/// The subject of what is not about one part of the database.
const SERVER: &str = "postgres";

#[derive(Serialize)]
struct View<'a> {
    /// Of 100, where there is one.
    score: Option<String>,
    facts: Vec<(&'static str, String)>,
    deductions: Option<Sheet>,
    counts: String,
    /// Those that stand out, the worst first.
    notable: Vec<Check<'a>>,
    /// The others, by grade.
    others: Vec<Others>,
    waits: Vec<Wait<'a>>,
    blocking: Option<Sheet>,
    skipped: &'a [Skipped],
}

#[derive(Serialize)]
struct Check<'a> {
    code: &'a str,
    area: &'static str,
    grade: &'static str,
    summary: &'a str,
    results: Vec<Seen<'a>>,
    threshold: &'a str,
    source: &'a str,
    reads: &'a str,
}

#[derive(Serialize)]
struct Seen<'a> {
    subject: Option<String>,
    seen: &'a str,
    remedy: &'a str,
}

/// Checks of one grade that do not stand out.
#[derive(Serialize)]
struct Others {
    title: String,
    sheet: Sheet,
}

/// What active sessions did.
#[derive(Serialize)]
struct Wait<'a> {
    event: &'a str,
    share: String,
    ratio: f64,
}

fn view(record: &RunRecord) -> Option<Value> {
    let report = record.database.as_deref()?;
    let graded = |grade: Grade| report.checklist.checks.iter().filter(move |check| check.grade() == grade);
    let notable = [Grade::Critical, Grade::Warning].into_iter().flat_map(graded).map(check).collect();
    let others = [(Grade::Ok, "Ok"), (Grade::Skipped, "Could not look")]
        .into_iter()
        .filter_map(|(grade, title)| others(title, graded(grade).collect()));
    let score = match report.checklist.health.score {
        Answer::Found(score) => Some(format!("{score:.0}")),
        Answer::Absent { .. } => None,
    };
    Some(Value::from(Serde(View {
        score,
        facts: answers::facts(report),
        deductions: sheets::deductions(report),
        counts: answers::checks(report),
        notable,
        others: others.collect(),
        waits: waits(report),
        blocking: blocking(report),
        skipped: &report.skipped,
    })))
}

fn check(line: &CheckLine) -> Check<'_> {
    let grade = line.grade();
    let worst = line.results.iter().filter(|result| result.outcome.grade() == grade);
    Check {
        code: &line.code,
        area: area(line.area),
        grade: if grade == Grade::Critical { "critical" } else { "warning" },
        summary: &line.summary,
        results: worst.map(seen).collect(),
        threshold: &line.threshold,
        source: &line.source,
        reads: &line.reads,
    }
}

fn seen(result: &CheckResult) -> Seen<'_> {
    let (seen, remedy) = match &result.outcome {
        CheckOutcome::Ok { seen, .. } => (seen.as_str(), ""),
        CheckOutcome::Warning { seen, remedy, .. } | CheckOutcome::Critical { seen, remedy, .. } => {
            (seen.as_str(), remedy.as_str())
        }
        CheckOutcome::Skipped { why, remedy } => (why.as_str(), remedy.as_str()),
    };
    let subject = match &result.subject {
        Subject::Part(part) if part == SERVER => None,
        subject => Some(subject.to_string()),
    };
    Seen { subject, seen, remedy }
}

fn others(title: &str, checks: Vec<&CheckLine>) -> Option<Others> {
    let row = |line: &&CheckLine| {
        let seen = line.results.first().map(seen);
        let said = seen.map_or_else(String::new, |Seen { seen, remedy, .. }| match remedy {
            "" => seen.to_owned(),
            remedy => format!("{seen}; {remedy}"),
        });
        vec![
            Cell::from(area(line.area)),
            Cell::code(&line.code),
            Cell::from(said),
            Cell::from(&line.threshold),
            Cell::from(&line.source),
        ]
    };
    (!checks.is_empty()).then(|| Others {
        title: format!("{title}: {}", checks.len()),
        sheet: Sheet {
            columns: vec![words("area"), words("check"), words("seen"), words("threshold"), words("source")],
            rows: checks.iter().map(row).collect(),
            elastic: 2,
            ends_with_total: false,
        },
    })
}

fn waits(report: &DatabaseReport) -> Vec<Wait<'_>> {
    let shown = report.waits.iter();
    shown
        .map(|wait| Wait { event: &wait.event, share: figures::percent(wait.ratio), ratio: wait.ratio })
        .collect()
}

/// Who blocked whom; `None` where nobody did.
fn blocking(report: &DatabaseReport) -> Option<Sheet> {
    let chains = &report.activity.as_ref()?.blocking;
    let statement = |id: Option<i64>| figures::or_absent(id, |id| id.to_string());
    let row = |chain: &BlockingChain| {
        vec![
            Cell::code(&statement(chain.blocker_query_id)),
            Cell::from(chain.blocker_state.as_deref().unwrap_or(figures::ABSENT)),
            Cell::code(&statement(chain.blocked_query_id)),
            Cell::from(figures::span_s(chain.longest_s)),
            Cell::from(figures::count(chain.widest)),
            Cell::from(figures::count(chain.sightings)),
        ]
    };
    (!chains.is_empty()).then(|| Sheet {
        columns: vec![
            words("blocker's query id"),
            words("its state"),
            words("blocked query id"),
            numbers("longest wait"),
            numbers("waiting at once"),
            numbers("sightings"),
        ],
        rows: chains.iter().map(row).collect(),
        elastic: 1,
        ends_with_total: false,
    })
}

fn area(area: CheckArea) -> &'static str {
    match area {
        CheckArea::Connections => "connections",
        CheckArea::Cache => "memory and cache",
        CheckArea::Memory => "memory settings",
        CheckArea::Wal => "write-ahead log",
        CheckArea::Planner => "planner",
        CheckArea::Logging => "logging",
        CheckArea::Vacuum => "vacuum",
        CheckArea::Schema => "schema",
        CheckArea::Indexes => "indexes",
        CheckArea::Replication => "replication",
        CheckArea::Security => "security",
        CheckArea::Version => "version",
        CheckArea::Statements => "statements",
        CheckArea::Waits => "waits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::evidence;

    #[test]
    fn every_check_is_shown_once_under_its_grade() {
        let record = evidence::record();
        let checks = &record.database.as_deref().unwrap().checklist.checks;
        let view = view(&record).unwrap();
        let length = |value: Value| value.len().unwrap();
        let others = view.get_attr("others").unwrap();
        let others = others
            .try_iter()
            .unwrap()
            .map(|group| length(group.get_attr("sheet").unwrap().get_attr("rows").unwrap()));
        assert_eq!(length(view.get_attr("notable").unwrap()) + others.sum::<usize>(), checks.len());
    }
}
