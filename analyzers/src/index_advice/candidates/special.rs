//! Partial, GiST and BRIN indexes.

use aforo_model::database::{IndexColumn, IndexDefinition, IndexMethod, quoted};
use aforo_sql::{Comparand, PredicateKind};

use super::{Candidate, Condition};
use crate::index_advice::relations::Relation;
use crate::index_advice::resolve::{Filter, Mention};
use crate::index_advice::selectivity::common_ratio;

/// A partial index pays when it leaves most rows out: at 1 % it took a thirty-fifth of the bytes of the full one for the same
/// time (measured). Above a tenth, the full index serves other values, too, for not much more.
const PARTIAL_RATIO: f64 = 0.10;

/// From this order of values on disk on, the pages of a range lie together, and BRIN reads little else.
const BRIN_CORRELATION: f64 = 0.9;

/// BRIN reads at least one range of 128 pages (1 MiB) for each match. Measured on a table of 150 MB, it made a scan 16 times
/// faster; in smaller ones a B-tree takes little, and is faster still.
const BRIN_TABLE_BYTES: f64 = 128.0 * 1024.0 * 1024.0;

/// The conditions of the statement that a partial index could have, with the share of rows that meet them. Only what is
/// written as a constant: behind a parameter a generic plan cannot use the index, whatever the value.
pub(super) fn conditions(relation: &Relation<'_>, mention: &Mention) -> Vec<(Condition, String, f64)> {
    mention
        .filters
        .iter()
        .filter_map(|filter| {
            let facts = relation.column(&filter.column)?;
            let statistics = facts.statistics.as_ref()?;
            let (literal, sql, ratio) = match (filter.kind, &filter.comparand) {
                (PredicateKind::Equal, Comparand::Literal(literal)) => {
                    let sql = format!("{} = {literal}", quoted(&filter.column));
                    (Some(literal.clone()), sql, common_ratio(facts, literal)?)
                }
                (PredicateKind::IsNull, _) => {
                    (None, format!("{} IS NULL", quoted(&filter.column)), statistics.null_ratio)
                }
                (PredicateKind::IsNotNull, _) => {
                    (None, format!("{} IS NOT NULL", quoted(&filter.column)), 1.0 - statistics.null_ratio)
                }
                _ => return None,
            };
            let condition = Condition { column: filter.column.clone(), kind: filter.kind, literal };
            (ratio > 0.0 && ratio < PARTIAL_RATIO).then_some((condition, sql, ratio))
        })
        .collect()
}

/// The share of rows that an index holds, where the statement asks for nothing outside it.
pub(crate) fn partial_ratio(
    relation: &Relation<'_>,
    mention: &Mention,
    index: &IndexDefinition,
) -> Option<f64> {
    let Some(predicate) = &index.predicate else { return Some(1.0) };
    let fits = |(_, sql, ratio): (Condition, String, f64)| (sql == *predicate).then_some(ratio);
    conditions(relation, mention).into_iter().find_map(fits)
}

/// BRIN on each range column of a large table that lies in its order.
pub(super) fn brin(relation: &Relation<'_>, place: usize, mention: &Mention) -> Vec<Candidate> {
    if relation.bytes() < BRIN_TABLE_BYTES {
        return Vec::new();
    }
    let lies_in_order = |filter: &&Filter| {
        let statistics = relation.column(&filter.column).and_then(|facts| facts.statistics.as_ref());
        let correlation = statistics.and_then(|statistics| statistics.correlation).unwrap_or(0.0);
        filter.kind == PredicateKind::Range && correlation.abs() > BRIN_CORRELATION
    };
    let columns = mention.filters.iter().filter(lies_in_order);
    columns
        .map(|filter| {
            Candidate::new(one_key(relation, IndexMethod::Brin, &filter.column), place, relation, None)
        })
        .collect()
}

/// GiST on each range column that is asked for overlap or containment, unless a GiST index has it, as that of an exclusion
/// constraint does.
pub(super) fn gist(relation: &Relation<'_>, place: usize, mention: &Mention) -> Vec<Candidate> {
    let is_indexed = |column: &str| {
        relation.indexes.iter().any(|index| {
            let has_it = index.keys.iter().any(|key| key.column.as_deref() == Some(column));
            index.is_valid && matches!(index.method.as_str(), "gist" | "spgist") && has_it
        })
    };
    let asked = mention.filters.iter().filter(|filter| {
        let is_range =
            relation.column(&filter.column).is_some_and(|facts| facts.type_name.ends_with("range"));
        filter.kind == PredicateKind::Containment && is_range && !is_indexed(&filter.column)
    });
    asked
        .map(|filter| {
            Candidate::new(one_key(relation, IndexMethod::Gist, &filter.column), place, relation, None)
        })
        .collect()
}

fn one_key(relation: &Relation<'_>, method: IndexMethod, column: &str) -> IndexDefinition {
    IndexDefinition {
        table: relation.facts.name.clone(),
        method,
        keys: vec![IndexColumn::ascending(column)],
        included: Vec::new(),
        predicate: None,
    }
}
