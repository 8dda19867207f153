//! The tables of a database report.

use aforo_model::database::{DatabaseReport, HotStatement, IndexAdvice};

use super::statements;
use crate::figures::{self, or_absent};
use crate::sheet::{Cell, Sheet, numbers, words};

/// Statements by execution time; `None` when there are none.
pub(super) fn hot(report: &DatabaseReport) -> Option<Sheet> {
    (!report.hot.is_empty()).then(|| Sheet {
        columns: vec![
            numbers("no."),
            words("statement"),
            numbers("calls"),
            numbers("mean"),
            numbers("share"),
            numbers("rows/call"),
            numbers("blocks/call"),
            words("step"),
        ],
        rows: report.hot.iter().zip(1..).map(|(statement, number)| hot_row(number, statement)).collect(),
        elastic: 1,
        ends_with_total: false,
    })
}

fn hot_row(number: usize, statement: &HotStatement) -> Vec<Cell> {
    vec![
        Cell::from(number.to_string()),
        Cell::code(statements::text(statement)),
        Cell::from(figures::count(statement.counters.calls)),
        Cell::toned(&statements::mean(statement), statements::tone(statement)),
        Cell::from(figures::percent(statement.share_of_time_ratio)),
        Cell::from(figures::significant(statement.rows_per_call)),
        Cell::from(figures::significant(statement.blocks_per_call)),
        Cell::from(or_absent(statements::steps(statement), |steps| steps)),
    ]
}

/// The advised indexes, the first to create first.
pub(super) fn advised(advice: &IndexAdvice) -> Option<Sheet> {
    (!advice.indexes.is_empty()).then(|| Sheet {
        columns: vec![
            numbers("no."),
            words("index"),
            numbers("size"),
            numbers("cost"),
            numbers("serves"),
            numbers("WAL/row"),
        ],
        rows: advice
            .indexes
            .iter()
            .map(|index| {
                let saved = (index.workload_cost_before > 0.0)
                    .then(|| index.workload_cost_after / index.workload_cost_before - 1.0);
                vec![
                    Cell::from(index.priority.to_string()),
                    Cell::from(index.index.to_string()),
                    Cell::from(figures::bytes(index.size_bytes)),
                    Cell::from(or_absent(saved, figures::percent)),
                    Cell::from(figures::count(index.serves.len() as u64)),
                    Cell::from(figures::bytes(index.write_cost.wal_bytes_per_entry.round() as u64)),
                ]
            })
            .collect(),
        elastic: 1,
        ends_with_total: false,
    })
}

/// What cost the score most.
pub(crate) fn deductions(report: &DatabaseReport) -> Option<Sheet> {
    let deductions = &report.checklist.health.deductions;
    (!deductions.is_empty()).then(|| Sheet {
        columns: vec![numbers("points"), words("check"), words("why")],
        rows: deductions
            .iter()
            .map(|deduction| {
                vec![
                    Cell::from(format!("-{:.1}", deduction.points)),
                    Cell::from(&deduction.code),
                    Cell::from(&deduction.why),
                ]
            })
            .collect(),
        elastic: 2,
        ends_with_total: false,
    })
}
