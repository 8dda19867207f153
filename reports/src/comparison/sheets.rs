//! The tables of a comparison.

use aforo_model::profile::ProfileDiff;
use aforo_model::{FigureComparison, Interval, Subject};

use super::wording;
use crate::figures;
use crate::sheet::{Cell, Sheet, numbers, words};
use crate::style::Tone;

/// Functions that are shown; the others are in the JSON.
const FUNCTIONS_SHOWN: usize = 8;

/// Figures with their change; `None` when there are none.
pub(crate) fn compared(rows: &[&FigureComparison]) -> Option<Sheet> {
    (!rows.is_empty()).then(|| Sheet {
        columns: vec![
            words("step"),
            words("figure"),
            numbers("before"),
            numbers("after"),
            numbers("change"),
            numbers("range"),
            words(""),
        ],
        rows: rows.iter().map(|compared| row(compared)).collect(),
        elastic: 0,
        ends_with_total: false,
    })
}

fn row(compared: &FigureComparison) -> Vec<Cell> {
    let tone = if compared.subject == Subject::Total { Tone::Faint } else { Tone::Neutral };
    vec![
        Cell::toned(&compared.subject.to_string(), tone),
        Cell::from(wording::short_name(compared.figure)),
        Cell::from(wording::value(compared.figure, compared.before)),
        Cell::from(wording::value(compared.figure, compared.after)),
        Cell::from(wording::effect(compared)),
        Cell::from(wording::range(compared)),
        Cell::toned(wording::word(&compared.change), wording::tone(&compared.change)),
    ]
}

/// Functions whose own CPU changed by more than chance; `None` when there are none.
pub(crate) fn functions(diff: &ProfileDiff) -> Option<Sheet> {
    let mut rows = diff
        .functions
        .iter()
        .filter(|change| change.is_significant)
        .take(FUNCTIONS_SHOWN)
        .map(|change| {
            vec![
                Cell::code(&change.function),
                Cell::from(figures::significant(change.before_cpu_ms)),
                Cell::from(figures::significant(change.after_cpu_ms)),
                Cell::from(signed(change.change_ms.estimate)),
                Cell::from(range_ms(change.change_ms)),
            ]
        })
        .peekable();
    rows.peek()?;
    let columns = vec![
        words("function"),
        numbers("before ms"),
        numbers("after ms"),
        numbers("change"),
        numbers("range"),
    ];
    Some(Sheet { columns, rows: rows.collect(), elastic: 0, ends_with_total: false })
}

fn range_ms(interval: Interval) -> String {
    format!("{} to {}", signed(interval.low), signed(interval.high))
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{}", figures::significant(value.abs()))
}
