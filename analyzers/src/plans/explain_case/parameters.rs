//! Types and values of a statement's parameters, by the columns they are compared with.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::{Catalog, ColumnFacts, NotExecuted, NotExecutedKind};
use aforo_sql::{PredicateKind, Shape};

use super::Draw;
use crate::index_advice::parameter_columns;
use crate::plans::parameter_draws;

/// Rows asked for where a limit is a parameter: a page of a list.
const LIMIT: &str = "50";
/// Rows passed over where that is a parameter: the first page.
const OFFSET: &str = "0";

/// More parameters than this no statement has: the protocol counts them in 16 bits.
const MOST_PARAMETERS: u32 = 65_535;

/// What is known of the parameters of a statement.
#[derive(Debug)]
pub(super) struct Parameters {
    /// As `format_type` writes them.
    pub(super) types: Vec<Option<String>>,
    /// Never none.
    pub(super) draws: Result<Vec<Draw>, NotExecuted>,
}

pub(super) fn parameters(shape: &Shape, catalog: &Catalog, search_path: &[String]) -> Parameters {
    let columns = parameter_columns(shape, catalog, search_path);
    let numbers = 1..=shape.parameter_count.min(MOST_PARAMETERS);
    let type_of = |number| columns.get(&number).map(|column| column.type_name.clone());
    Parameters { types: numbers.map(type_of).collect(), draws: draws(shape, &columns) }
}

fn draws(shape: &Shape, columns: &BTreeMap<u32, &ColumnFacts>) -> Result<Vec<Draw>, NotExecuted> {
    let bounds = bounds_of_one_column(shape);
    let mut fixed = BTreeMap::new();
    let mut statistics = Vec::new();
    for number in 1..=shape.parameter_count.min(MOST_PARAMETERS) {
        if shape.limit_parameters.contains(&number) {
            fixed.insert(number, LIMIT);
        } else if shape.offset_parameters.contains(&number) {
            fixed.insert(number, OFFSET);
        } else if bounds.contains(&number) {
            return Err(no_values(
                number,
                "is one bound of a range, and its other bound is another parameter",
            ));
        } else {
            let column = columns.get(&number).and_then(|column| column.statistics.as_ref());
            statistics.push(Some(
                column.ok_or_else(|| no_values(number, "is compared with no column of known statistics"))?,
            ));
        }
    }
    let drawn = parameter_draws(&statistics);
    if drawn.is_empty() {
        let why = "the planner's statistics hold no values of the columns that its parameters are compared with; ANALYZE \
                   gathers them";
        return Err(NotExecuted { kind: NotExecutedKind::NoValues, why: why.to_owned() });
    }
    Ok(drawn.into_iter().map(|values| with_fixed(values, &fixed, shape.parameter_count)).collect())
}

/// Parameters compared with a column that two or more parameters are compared with, in a range: drawn from the same statistics,
/// they would be equal, and the range empty.
fn bounds_of_one_column(shape: &Shape) -> BTreeSet<u32> {
    let in_range = shape.predicates.iter().filter(|predicate| predicate.kind == PredicateKind::Range);
    let mut bounds = BTreeSet::new();
    for predicate in in_range {
        let same = shape.parameter_columns.iter().filter(|(_, column)| **column == predicate.column);
        let numbers: Vec<u32> = same.map(|(number, _)| *number).collect();
        if numbers.len() > 1 {
            bounds.extend(numbers);
        }
    }
    bounds
}

/// Puts the fixed values at their places among the drawn ones.
fn with_fixed(drawn: Draw, fixed: &BTreeMap<u32, &str>, count: u32) -> Draw {
    let mut drawn = drawn.into_iter();
    let value = |number| match fixed.get(&number) {
        Some(value) => Some((*value).to_owned()),
        None => drawn.next().flatten(),
    };
    (1..=count).map(value).collect()
}

fn no_values(number: u32, why: &str) -> NotExecuted {
    NotExecuted {
        kind: NotExecutedKind::NoValues,
        why: format!("no values for its parameters: ${number} {why}"),
    }
}
