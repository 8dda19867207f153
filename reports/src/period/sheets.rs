//! The tables of a report over a period.

use aforo_model::{FindingSeen, LoadAggregate, ObjectiveCompliance, PeriodReport, StepAggregate};

use crate::figures::{self, or_absent};
use crate::headline;
use crate::history::sheets::name;
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;
use crate::text::{one_line, truncated};

/// Most columns of a code. Those of Aforo are shorter; a record may say anything.
const LONGEST_CODE: usize = 24;
/// Subjects of a finding that are named.
const SUBJECTS_SHOWN: usize = 3;

/// What became of the objectives; `None` without any.
pub(super) fn objectives(load: &LoadAggregate) -> Option<Sheet> {
    (!load.objectives.is_empty()).then(|| Sheet {
        columns: vec![
            words("objective"),
            numbers("met"),
            numbers("violated"),
            numbers("open"),
            numbers("compliance"),
            numbers("worst"),
        ],
        rows: load.objectives.iter().map(objective).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn objective(each: &ObjectiveCompliance) -> Vec<Cell> {
    let counts = &each.verdicts;
    let what = format!("{} {}", name(&figures::indicator(&each.worst)), figures::demand(&each.worst));
    vec![
        what.into(),
        figures::count(counts.met).into(),
        Cell::toned(
            &figures::count(counts.violated),
            if counts.violated > 0 { Tone::Bad } else { Tone::Neutral },
        ),
        figures::count(counts.inconclusive).into(),
        or_absent(each.compliance_ratio, figures::percent).into(),
        Cell::toned(&figures::measured(&each.worst), headline::tone(&each.worst.verdict)),
    ]
}

/// The steps with all runs together. Where there is little room, the range of single runs is left out.
pub(super) fn steps(load: &LoadAggregate, is_roomy: bool) -> Sheet {
    let mut columns = vec![
        words("step"),
        numbers("requests"),
        numbers("errors"),
        numbers("req/s"),
        numbers("P50"),
        numbers("P95"),
        numbers("P99"),
        numbers("P95 of runs"),
    ];
    columns.truncate(if is_roomy { 8 } else { 7 });
    let shown = columns.len();
    let cut = |mut cells: Vec<Cell>| {
        cells.truncate(shown);
        cells
    };
    Sheet {
        columns,
        rows: load.steps.iter().map(|each| cut(step(each))).collect(),
        elastic: 0,
        ends_with_total: false,
    }
}

fn step(each: &StepAggregate) -> Vec<Cell> {
    let times = &each.response_time;
    let range = |(low, high)| {
        let [low, high] = [low, high].map(figures::time_us);
        if low == high { low } else { format!("{low} to {high}") }
    };
    vec![
        name(&each.subject.to_string()).into(),
        figures::count(each.requests).into(),
        or_absent(each.error_rate, figures::percent).into(),
        or_absent(each.throughput_per_s, figures::significant).into(),
        or_absent(times.p50_us, figures::time_us).into(),
        or_absent(times.p95_us, figures::time_us).into(),
        or_absent(times.p99_us, figures::time_us).into(),
        or_absent(each.p95_range_us, range).into(),
    ]
}

/// Findings by code; `None` without any.
pub(super) fn findings(report: &PeriodReport) -> Option<Sheet> {
    (!report.findings.is_empty()).then(|| Sheet {
        columns: vec![
            words("finding"),
            words("severity"),
            numbers("runs"),
            words("first seen"),
            words("last seen"),
            words("about"),
        ],
        rows: report.findings.iter().map(finding).collect(),
        elastic: 5,
        ends_with_total: false,
    })
}

fn finding(each: &FindingSeen) -> Vec<Cell> {
    let mut subjects: Vec<String> =
        each.subjects.iter().take(SUBJECTS_SHOWN).map(|subject| name(&subject.to_string())).collect();
    if each.subjects.len() > SUBJECTS_SHOWN {
        subjects.push(format!("{} more", each.subjects.len() - SUBJECTS_SHOWN));
    }
    vec![
        truncated(&one_line(&each.code), LONGEST_CODE).into(),
        figures::severity(each.severity).into(),
        figures::count(each.runs).into(),
        each.first_seen_at.format("%Y-%m-%d").to_string().into(),
        each.last_seen_at.format("%Y-%m-%d").to_string().into(),
        subjects.join(", ").into(),
    ]
}
