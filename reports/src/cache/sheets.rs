//! The tables of slow commands and of checks.

use aforo_model::Subject;
use aforo_model::cache::{CacheCheckLine, CacheReport, SlowCommandGroup};
use aforo_model::database::{CheckOutcome, CheckResult, Grade};

use crate::figures::{count, time_us};
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;
use crate::text::{one_line, truncated};

/// The subject of what is not about one pattern of keys.
const SERVER: &str = "redis";
/// Columns of a check's code.
const CODE_COLUMNS: usize = 32;

/// The slow log by command and pattern; `None` when it is empty.
pub(crate) fn slow_commands(report: &CacheReport) -> Option<Sheet> {
    let row = |group: &SlowCommandGroup| {
        let key = group.pattern.as_deref().map(|pattern| format!(" {pattern}")).unwrap_or_default();
        vec![
            Cell::code(&format!("{}{key}", group.command)),
            Cell::from(count(group.count)),
            Cell::from(time_us(group.total_time_us)),
            Cell::from(time_us(group.longest_us)),
        ]
    };
    (!report.slow_log.is_empty()).then(|| Sheet {
        columns: vec![words("command"), numbers("entries"), numbers("together"), numbers("longest")],
        rows: report.slow_log.iter().map(row).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

/// Every check with what it saw; `None` when there are none.
pub(super) fn checks(report: &CacheReport) -> Option<Sheet> {
    (!report.checks.is_empty()).then(|| Sheet {
        columns: vec![words("grade"), words("check"), words("seen")],
        rows: report.checks.iter().map(check).collect(),
        elastic: 2,
        ends_with_total: false,
    })
}

/// The same for a page, which has room for thresholds.
pub(crate) fn wide_checks(report: &CacheReport) -> Option<Sheet> {
    let mut sheet = checks(report)?;
    sheet.columns.extend([words("threshold"), words("source")]);
    for (row, check) in sheet.rows.iter_mut().zip(&report.checks) {
        row.extend([Cell::from(&check.threshold), Cell::from(&check.source)]);
    }
    Some(sheet)
}

fn check(line: &CacheCheckLine) -> Vec<Cell> {
    let grade = line.grade();
    let (word, tone) = match grade {
        Grade::Skipped => ("skipped", Tone::Faint),
        Grade::Ok => ("ok", Tone::Good),
        Grade::Warning => ("warning", Tone::Doubtful),
        Grade::Critical => ("critical", Tone::Bad),
    };
    vec![
        Cell::toned(word, tone),
        Cell::from(truncated(&one_line(&line.code), CODE_COLUMNS)),
        Cell::from(seen(line, grade)),
    ]
}

/// What the first of the worst results saw, and how many others there are.
fn seen(line: &CacheCheckLine, grade: Grade) -> String {
    let Some(worst) = line.results.iter().find(|result| result.outcome.grade() == grade) else {
        return "nothing was looked at".to_owned();
    };
    match line.results.len() {
        0 | 1 => said(worst),
        results => format!("{}; and {} more", said(worst), count(results as u64 - 1)),
    }
}

fn said(result: &CheckResult) -> String {
    let said = match &result.outcome {
        CheckOutcome::Ok { seen, .. }
        | CheckOutcome::Warning { seen, .. }
        | CheckOutcome::Critical { seen, .. } => seen.clone(),
        CheckOutcome::Skipped { why, remedy } => format!("{why}; {remedy}"),
    };
    match &result.subject {
        Subject::Part(part) if part == SERVER => said,
        subject => format!("{subject}: {said}"),
    }
}
