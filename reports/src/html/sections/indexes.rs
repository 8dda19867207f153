//! Indexes to create, those that were turned down, and those that cost more than they give.

use aforo_model::database::{
    AdvisedIndex, CheckArea, CheckOutcome, CostSource, DatabaseReport, Grade, IndexAdvice, IndexWriteCost,
    NotCosted, RejectedIndex, ServedStatement, SlowedStatement,
};
use aforo_model::{Answer, RunRecord};
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use crate::counted::numbered;
use crate::database::{answers, statements};
use crate::figures::{self, or_absent, significant};
use crate::sheet::{Cell, Sheet, numbers, words};

pub(super) const SECTION: Section = Section {
    id: "indexes",
    title: "Indexes",
    view,
    template: include_str!("indexes.html"),
    style: "",
    script: "",
};

#[derive(Serialize)]
struct View<'a> {
    advised: Vec<Advised<'a>>,
    /// What the advice rests on, or why there is none.
    said: String,
    rejected: Option<Sheet>,
    not_costed: Option<Sheet>,
    present: Vec<Present<'a>>,
}

#[derive(Serialize)]
struct Advised<'a> {
    priority: u32,
    index: String,
    create_sql: &'a str,
    drop_sql: &'a str,
    facts: Vec<(&'static str, String)>,
    serves: Sheet,
}

/// What a check says of an index that is there, or of one that a constraint lacks.
#[derive(Serialize)]
struct Present<'a> {
    code: &'a str,
    severity: &'static str,
    subject: String,
    seen: &'a str,
    remedy: &'a str,
}

fn view(record: &RunRecord) -> Option<Value> {
    let report = record.database.as_deref()?;
    let present = present(report);
    let view = match &report.index_advice {
        Answer::Absent { why } => View {
            advised: Vec::new(),
            said: format!("Which indexes would help is not known: {why}."),
            rejected: None,
            not_costed: None,
            present,
        },
        Answer::Found(advice) => View {
            advised: advice.indexes.iter().map(|index| advised(report, index)).collect(),
            said: answers::advice(advice),
            rejected: rejected(report, advice),
            not_costed: not_costed(report, advice),
            present,
        },
    };
    Some(Value::from(Serde(view)))
}

fn advised<'a>(report: &DatabaseReport, index: &'a AdvisedIndex) -> Advised<'a> {
    let write = &index.write_cost;
    let by = match index.costed_by {
        CostSource::Hypopg => "the server's own planner",
        CostSource::Statistics => "the planner's statistics",
    };
    let mut facts = vec![
        (
            "workload",
            format!(
                "planner cost {} → {}, by {by}",
                figures::count(index.workload_cost_before.max(0.0).round() as u64),
                figures::count(index.workload_cost_after.max(0.0).round() as u64)
            ),
        ),
        ("size", format!("{} on disk, estimated", figures::bytes(index.size_bytes))),
        (
            "writes",
            format!(
                "{} of write-ahead log for each entry; {} of the written rows get one; {}",
                figures::bytes(write.wal_bytes_per_entry.max(0.0).round() as u64),
                figures::percent(write.entry_ratio),
                entries(write)
            ),
        ),
    ];
    if !write.slows.is_empty() {
        let slowed = |slowed: &SlowedStatement| {
            let hot = if slowed.loses_hot { ", whose updates stop being HOT" } else { "" };
            format!("{}{hot}", statements::name(report, &slowed.fingerprint))
        };
        facts.push(("slows", write.slows.iter().map(slowed).collect::<Vec<_>>().join("; ")));
    }
    Advised {
        priority: index.priority,
        index: index.index.to_string(),
        create_sql: &index.create_sql,
        drop_sql: &index.drop_sql,
        facts,
        serves: serves(report, &index.serves),
    }
}

/// How many there are, and when they were counted. Records of earlier versions do not say when.
fn entries(write: &IndexWriteCost) -> String {
    let counted = write.entries_counted.map_or_else(String::new, |counted| format!(" {}", counted.as_str()));
    let entries = or_absent(write.entries_per_s, |entries| numbered(&significant(entries), "entry"));
    format!("{entries} a second{counted}")
}

fn serves(report: &DatabaseReport, serves: &[ServedStatement]) -> Sheet {
    let row = |served: &ServedStatement| {
        vec![
            Cell::from(statements::name(report, &served.fingerprint)),
            Cell::from(significant(served.calls)),
            Cell::from(significant(served.cost_before)),
            Cell::from(significant(served.cost_after)),
        ]
    };
    Sheet {
        columns: vec![words("serves"), numbers("calls"), numbers("cost now"), numbers("cost then")],
        rows: serves.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    }
}

fn rejected(report: &DatabaseReport, advice: &IndexAdvice) -> Option<Sheet> {
    let row = |rejected: &RejectedIndex| {
        let helps = rejected.helps_most.as_ref().map(|served| statements::name(report, &served.fingerprint));
        vec![
            Cell::code(&rejected.index.to_string()),
            Cell::from(&rejected.why),
            Cell::from(or_absent(helps, |helps| helps)),
        ]
    };
    (!advice.rejected.is_empty()).then(|| Sheet {
        columns: vec![words("index"), words("turned down because"), words("would help most")],
        rows: advice.rejected.iter().map(row).collect(),
        elastic: 1,
        ends_with_total: false,
    })
}

fn not_costed(report: &DatabaseReport, advice: &IndexAdvice) -> Option<Sheet> {
    let row = |left_out: &NotCosted| {
        vec![Cell::from(statements::name(report, &left_out.fingerprint)), Cell::from(&left_out.why)]
    };
    (!advice.not_costed.is_empty()).then(|| Sheet {
        columns: vec![words("statement"), words("left out because")],
        rows: advice.not_costed.iter().map(row).collect(),
        elastic: 1,
        ends_with_total: false,
    })
}

/// Results of the checks of indexes that are there, the worst first.
fn present(report: &DatabaseReport) -> Vec<Present<'_>> {
    let checks = report.checklist.checks.iter().filter(|check| check.area == CheckArea::Indexes);
    let mut graded: Vec<(Grade, Present<'_>)> = checks
        .flat_map(|check| check.results.iter().map(move |result| (check, result)))
        .filter_map(|(check, result)| {
            let (CheckOutcome::Warning { seen, remedy, .. } | CheckOutcome::Critical { seen, remedy, .. }) =
                &result.outcome
            else {
                return None;
            };
            let grade = result.outcome.grade();
            let severity = if grade == Grade::Critical { "critical" } else { "warning" };
            let subject = result.subject.to_string();
            Some((grade, Present { code: &check.code, severity, subject, seen, remedy }))
        })
        .collect();
    graded.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    graded.into_iter().map(|(_, present)| present).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::evidence;

    #[test]
    fn advice_that_is_not_known_says_why() {
        let mut record = evidence::record();
        record.database.as_mut().unwrap().index_advice = Answer::absent("no statement could be weighed");
        let view = view(&record).unwrap();
        let said = view.get_attr("said").unwrap().to_string();
        assert_eq!(said, "Which indexes would help is not known: no statement could be weighed.");
    }

    #[test]
    fn an_advised_index_names_what_it_serves_and_what_it_costs() {
        let record = evidence::record();
        let report = record.database.as_deref().unwrap();
        let advice = report.index_advice.found().unwrap();
        let shown = advised(report, &advice.indexes[0]);
        assert_eq!(shown.create_sql, advice.indexes[0].create_sql);
        assert!(shown.facts.iter().any(|(word, _)| *word == "writes"));
        assert!(rejected(report, advice).is_some());
    }
}
