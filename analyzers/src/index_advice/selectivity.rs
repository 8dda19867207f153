//! Which share of a table's rows a condition keeps, from the planner's statistics and by its own rules.

use aforo_model::database::{ColumnFacts, ColumnStatistics};
use aforo_sql::{Comparand, PredicateKind};

use super::resolve::Filter;

/// What Postgres assumes without statistics (`selfuncs.h`): `DEFAULT_EQ_SEL`, `DEFAULT_INEQ_SEL`,
/// `DEFAULT_RANGE_INEQ_SEL`, `DEFAULT_NUM_DISTINCT`, `DEFAULT_MATCH_SEL`.
const EQUAL_RATIO: f64 = 0.005;
const HALF_OPEN_RATIO: f64 = 1.0 / 3.0;
const BETWEEN_RATIO: f64 = 0.005;
const DISTINCT: f64 = 200.0;
const MATCH_RATIO: f64 = 0.005;

/// What Postgres assumes a list holds whose length it does not know (`estimate_array_length`).
const LIST_LENGTH: f64 = 10.0;

/// Distinct values that are not null.
pub(crate) fn distinct(column: &ColumnFacts, rows: f64) -> f64 {
    let known = column.statistics.as_ref().map(|statistics| statistics.distinct);
    let count = match known {
        Some(share) if share < 0.0 => -share * rows,
        Some(count) if count > 0.0 => count,
        _ => DISTINCT,
    };
    count.clamp(1.0, rows.max(1.0))
}

/// The share of rows that hold this constant, where it is one of the most common values.
pub(crate) fn common_ratio(column: &ColumnFacts, literal: &str) -> Option<f64> {
    let statistics = column.statistics.as_ref()?;
    let value = literal_value(literal)?;
    let place = statistics.common_values.iter().position(|common| *common == value)?;
    statistics.common_ratios.get(place).copied()
}

/// The share of rows that one condition keeps, 0–1.
pub(crate) fn filter_ratio(column: &ColumnFacts, filter: &Filter, rows: f64) -> f64 {
    let null_ratio = column.statistics.as_ref().map_or(0.0, |statistics| statistics.null_ratio);
    let ratio = match filter.kind {
        PredicateKind::Equal => equal_ratio(column, &filter.comparand, rows),
        PredicateKind::AnyOf => LIST_LENGTH * equal_ratio(column, &Comparand::Other, rows),
        PredicateKind::Range => range_ratio(column, filter),
        PredicateKind::Prefix => MATCH_RATIO,
        PredicateKind::Containment => EQUAL_RATIO,
        PredicateKind::IsNull => null_ratio,
        PredicateKind::IsNotNull => 1.0 - null_ratio,
        PredicateKind::Other => 1.0,
    };
    ratio.clamp(1.0 / rows.max(1.0), 1.0)
}

/// The share of rows that all conditions together keep, as if columns had nothing to do with each other. Two sides of a range
/// of one column are one condition.
pub(crate) fn filters_ratio<'f>(
    column: impl Fn(&str) -> Option<&'f ColumnFacts>,
    filters: &[&Filter],
    rows: f64,
) -> f64 {
    let mut ratio = 1.0;
    for (place, filter) in filters.iter().enumerate() {
        let Some(facts) = column(&filter.column) else { continue };
        let is_range = |other: &Filter| other.kind == PredicateKind::Range && other.column == filter.column;
        let other_side = filters.iter().enumerate().find(|(at, other)| *at != place && is_range(other));
        match other_side {
            Some((at, other)) if is_range(filter) => {
                if place < at {
                    ratio *= between_ratio(facts, filter, other, rows);
                }
            }
            _ => ratio *= filter_ratio(facts, filter, rows),
        }
    }
    ratio.clamp(1.0 / rows.max(1.0), 1.0)
}

/// Both sides of a range (`clauselist_selectivity`): what lies above the one and below the other.
fn between_ratio(column: &ColumnFacts, one: &Filter, other: &Filter, rows: f64) -> f64 {
    match (histogram_ratio(column, one), histogram_ratio(column, other)) {
        (Some(one), Some(other)) => (one + other - 1.0).clamp(1.0 / rows.max(1.0), 1.0),
        _ => BETWEEN_RATIO,
    }
}

fn equal_ratio(column: &ColumnFacts, comparand: &Comparand, rows: f64) -> f64 {
    let Some(statistics) = &column.statistics else { return EQUAL_RATIO };
    if let Comparand::Literal(literal) = comparand {
        if let Some(ratio) = common_ratio(column, literal) {
            return ratio;
        }
        let others = distinct(column, rows) - statistics.common_values.len() as f64;
        return uncommon_ratio(statistics) / others.max(1.0);
    }
    (1.0 - statistics.null_ratio) / distinct(column, rows)
}

/// Rows that hold none of the most common values and are not null.
pub(crate) fn uncommon_ratio(statistics: &ColumnStatistics) -> f64 {
    let common: f64 = statistics.common_ratios.iter().sum();
    (1.0 - statistics.null_ratio - common).max(0.0)
}

fn range_ratio(column: &ColumnFacts, filter: &Filter) -> f64 {
    if filter.operator.to_ascii_uppercase().contains("BETWEEN") {
        return BETWEEN_RATIO;
    }
    histogram_ratio(column, filter).unwrap_or(HALF_OPEN_RATIO)
}

/// The share of the histogram on the wanted side of the constant.
fn histogram_ratio(column: &ColumnFacts, filter: &Filter) -> Option<f64> {
    let Comparand::Literal(literal) = &filter.comparand else { return None };
    let bounds = &column.statistics.as_ref()?.histogram_bounds;
    let value = literal_value(literal)?;
    if bounds.len() < 2 {
        return None;
    }
    let below = bounds.iter().filter(|bound| is_less(bound, &value)).count();
    let below_ratio = (below as f64 - 0.5).max(0.0) / (bounds.len() - 1) as f64;
    let ratio = if filter.operator.starts_with('<') { below_ratio } else { 1.0 - below_ratio };
    Some(ratio.clamp(0.0, 1.0))
}

/// Numbers by value; everything else as text, which is right for dates and times as Postgres writes them.
fn is_less(one: &str, other: &str) -> bool {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one < other,
        _ => one < other,
    }
}

/// What a constant holds: `'it''s'`, `DATE '2026-01-01'`, `'x'::text`, `42`. Nothing for what only the server can work out.
fn literal_value(literal: &str) -> Option<String> {
    let literal = literal.trim();
    match literal.find('\'') {
        Some(start) if !literal[..start].trim_end().ends_with(['E', 'e', 'B', 'b', 'X', 'x', '&']) => {
            quoted_value(&literal[start + 1..])
        }
        // `DATE '…'` ends in an E as escape strings do.
        Some(start) if literal[..start].trim().len() > 1 && literal[..start].ends_with(' ') => {
            quoted_value(&literal[start + 1..])
        }
        Some(_) => None,
        None => Some(literal.split("::").next().unwrap_or(literal).trim().to_owned()),
    }
}

/// The text up to the closing quote, quotes in it no longer doubled.
fn quoted_value(rest: &str) -> Option<String> {
    let mut value = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\'' if characters.next_if_eq(&'\'').is_some() => value.push('\''),
            '\'' => return Some(value),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_advice::fixtures::column;
    use proptest::prelude::*;

    fn filter(operator: &str, literal: &str) -> Filter {
        let kind = if operator == "=" { PredicateKind::Equal } else { PredicateKind::Range };
        Filter {
            column: "c".to_owned(),
            kind,
            operator: operator.to_owned(),
            comparand: Comparand::Literal(literal.to_owned()),
        }
    }

    fn statuses() -> ColumnFacts {
        let mut facts = column("c", "text");
        facts.statistics = Some(ColumnStatistics {
            distinct: 6.0,
            null_ratio: 0.1,
            common_values: vec!["open".to_owned(), "it's".to_owned()],
            common_ratios: vec![0.6, 0.1],
            ..ColumnStatistics::default()
        });
        facts
    }

    #[test]
    fn common_values_have_their_own_share_and_the_others_share_the_rest() {
        let close = |literal: &str, wanted: f64| {
            let ratio = filter_ratio(&statuses(), &filter("=", literal), 1e6);
            assert!((ratio - wanted).abs() < 1e-9, "{literal}: {ratio}");
        };
        close("'open'", 0.6);
        close("'open'::text", 0.6);
        close("'it''s'", 0.1);
        close("'lost'", 0.2 / 4.0);
        let unknown = Filter { comparand: Comparand::Parameter(1), ..filter("=", "") };
        assert!((filter_ratio(&statuses(), &unknown, 1e6) - 0.9 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_range_is_read_from_the_histogram() {
        let mut facts = column("c", "date");
        let bounds = (1..=11).map(|day| format!("2026-01-{day:02}")).collect();
        facts.statistics = Some(ColumnStatistics {
            distinct: -1.0,
            histogram_bounds: bounds,
            ..ColumnStatistics::default()
        });
        let from = filter(">=", "DATE '2026-01-03'");
        let to = filter("<", "'2026-01-05'");
        let ratio = filters_ratio(|_| Some(&facts), &[&from, &to], 1e4);
        assert!((ratio - 0.2).abs() < 0.01, "{ratio}");
        assert!((filter_ratio(&facts, &to, 1e4) - 0.35).abs() < 0.01);
        let unknown = Filter { comparand: Comparand::Parameter(1), ..from };
        assert!((filter_ratio(&facts, &unknown, 1e4) - HALF_OPEN_RATIO).abs() < 1e-9);
    }

    #[test]
    fn without_statistics_it_is_what_postgres_assumes() {
        let facts = column("c", "text");
        assert!((filter_ratio(&facts, &filter("=", "'x'"), 1e6) - EQUAL_RATIO).abs() < 1e-9);
        assert!((distinct(&facts, 1e6) - DISTINCT).abs() < 1e-9);
        assert!((distinct(&facts, 10.0) - 10.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_share_is_a_share_whatever_is_written(
            literal in ".*",
            operator in "[<>=]{1,2}",
            distinct in -2.0..1e9f64,
            bounds in proptest::collection::vec(".*", 0..5),
            rows in 0.0..1e9f64,
        ) {
            let mut facts = statuses();
            if let Some(statistics) = &mut facts.statistics {
                statistics.distinct = distinct;
                statistics.histogram_bounds = bounds;
            }
            let ratio = filter_ratio(&facts, &filter(&operator, &literal), rows);
            prop_assert!(ratio > 0.0 && ratio <= 1.0);
        }
    }
}
