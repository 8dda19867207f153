//! The candidates of one mention of a table.

use aforo_model::database::{IndexColumn, IndexDefinition, IndexMethod};
use aforo_sql::PredicateKind;

use super::narrow::{is_orderable, rest_to_include};
use super::special::{brin, conditions, gist};
use super::{Candidate, Condition, MAX_KEYS};
use crate::index_advice::relations::Relation;
use crate::index_advice::resolve::{Filter, Mention};
use crate::index_advice::selectivity::filter_ratio;

/// Below this many pages a table is read whole in about the time that an index takes to be descended.
const SMALL_TABLE_PAGES: f64 = 8.0;

/// What might help this mention, existing indexes not offered again.
pub(crate) fn candidates_of(relation: &Relation<'_>, place: usize, mention: &Mention) -> Vec<Candidate> {
    if relation.pages < SMALL_TABLE_PAGES {
        return Vec::new();
    }
    let mut found = Vec::new();
    for keys in key_lists(relation, mention, None) {
        offer(&mut found, relation, place, mention, &keys, None);
    }
    for (condition, sql, ratio) in conditions(relation, mention) {
        let mut lists = key_lists(relation, mention, Some(&condition.column));
        if lists.is_empty() {
            lists.push(vec![IndexColumn::ascending(condition.column.clone())]);
        }
        let partial = (condition, sql, ratio);
        for keys in lists {
            offer(&mut found, relation, place, mention, &keys, Some(&partial));
        }
    }
    found.extend(brin(relation, place, mention));
    found.extend(gist(relation, place, mention));
    found.retain(|candidate| !is_served(relation, &candidate.definition));
    found
}

/// A list of keys, and the same with the rest of what is read.
fn offer(
    found: &mut Vec<Candidate>,
    relation: &Relation<'_>,
    place: usize,
    mention: &Mention,
    keys: &[IndexColumn],
    partial: Option<&(Condition, String, f64)>,
) {
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let condition = partial.map(|(condition, ..)| condition.column.as_str());
    let rest = rest_to_include(relation, mention, &names, condition);
    for included in std::iter::once(Vec::new()).chain(rest) {
        let definition = IndexDefinition {
            table: relation.facts.name.clone(),
            method: IndexMethod::Btree,
            keys: keys.to_vec(),
            included,
            predicate: partial.map(|(_, sql, _)| sql.clone()),
        };
        let partial = partial.map(|(condition, _, ratio)| (condition.clone(), *ratio));
        found.push(Candidate::new(definition, place, relation, partial));
    }
}

/// Key lists in the order equality → range or order, and each column alone. `condition` is the column that a partial index
/// need not repeat.
fn key_lists(relation: &Relation<'_>, mention: &Mention, condition: Option<&str>) -> Vec<Vec<IndexColumn>> {
    let usable = |name: &str| Some(name) != condition && relation.column(name).is_some_and(is_orderable);
    let equal = equal_columns(relation, mention, usable);
    let joins: Vec<IndexColumn> = distinct(mention.joins.iter().map(|join| join.column.as_str()), usable);
    let ranges = range_columns(relation, mention, usable);
    let order: Vec<IndexColumn> =
        forwards(&mention.order).into_iter().take_while(|key| usable(&key.name)).collect();
    let groups: Vec<IndexColumn> = distinct(mention.groups.iter().map(String::as_str), usable);

    let mut lists = Vec::new();
    for head in heads(&equal, &joins) {
        lists.extend(ranges.iter().map(|range| joined(&[&head, std::slice::from_ref(range)])));
        lists.push(joined(&[&head, &order]));
        lists.push(head);
    }
    lists.push(order);
    lists.push(groups.clone());
    lists.extend(equal.iter().chain(&joins).chain(&ranges).chain(&groups).map(|key| vec![key.clone()]));
    for list in &mut lists {
        list.truncate(MAX_KEYS);
    }
    lists.retain(|list| !list.is_empty());
    lists.sort();
    lists.dedup();
    lists
}

/// What may stand in front: all equalities; a join column before or after them.
fn heads(equal: &[IndexColumn], joins: &[IndexColumn]) -> Vec<Vec<IndexColumn>> {
    let mut heads = vec![equal.to_vec(), Vec::new()];
    for join in joins {
        heads.push(vec![join.clone()]);
        heads.push(joined(&[std::slice::from_ref(join), equal]));
        heads.push(joined(&[equal, std::slice::from_ref(join)]));
        let others = joins.iter().filter(|other| other.name != join.name);
        heads.extend(others.map(|other| vec![join.clone(), other.clone()]));
    }
    heads
}

/// One list after the other, each column once.
fn joined(parts: &[&[IndexColumn]]) -> Vec<IndexColumn> {
    let mut list: Vec<IndexColumn> = Vec::new();
    for key in parts.iter().copied().flatten() {
        if list.iter().all(|had| had.name != key.name) {
            list.push(key.clone());
        }
    }
    list
}

/// A B-tree is read in both directions: an order from high to low in every key is that of an index without a word.
fn forwards(order: &[IndexColumn]) -> Vec<IndexColumn> {
    let is_reversed = order.iter().all(|key| key.is_descending && key.nulls_first);
    let plain =
        |key: &IndexColumn| if is_reversed { IndexColumn::ascending(key.name.clone()) } else { key.clone() };
    order.iter().map(plain).collect()
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>, usable: impl Fn(&str) -> bool) -> Vec<IndexColumn> {
    let keys: Vec<IndexColumn> = names.filter(|name| usable(name)).map(IndexColumn::ascending).collect();
    joined(&[&keys])
}

/// Columns compared for equality, the most selective first; of equals the first by name.
fn equal_columns(
    relation: &Relation<'_>,
    mention: &Mention,
    usable: impl Fn(&str) -> bool,
) -> Vec<IndexColumn> {
    let is_equal = |filter: &&Filter| {
        matches!(filter.kind, PredicateKind::Equal | PredicateKind::AnyOf | PredicateKind::IsNull)
    };
    sorted_by_ratio(relation, mention.filters.iter().filter(is_equal), usable)
}

fn range_columns(
    relation: &Relation<'_>,
    mention: &Mention,
    usable: impl Fn(&str) -> bool,
) -> Vec<IndexColumn> {
    let is_range = |filter: &&Filter| matches!(filter.kind, PredicateKind::Range | PredicateKind::Prefix);
    sorted_by_ratio(relation, mention.filters.iter().filter(is_range), usable)
}

fn sorted_by_ratio<'f>(
    relation: &Relation<'_>,
    filters: impl Iterator<Item = &'f Filter>,
    usable: impl Fn(&str) -> bool,
) -> Vec<IndexColumn> {
    let mut found: Vec<(f64, IndexColumn)> = filters
        .filter(|filter| usable(&filter.column))
        .filter_map(|filter| {
            let facts = relation.column(&filter.column)?;
            // `LIKE 'x%'` needs the order of bytes, which is the column's own only in the C collation.
            let is_prefix = filter.kind == PredicateKind::Prefix;
            let operator_class = is_prefix.then(|| pattern_class(&facts.type_name)).flatten();
            if is_prefix && operator_class.is_none() {
                return None;
            }
            let key = IndexColumn { operator_class, ..IndexColumn::ascending(filter.column.clone()) };
            Some((filter_ratio(facts, filter, relation.rows), key))
        })
        .collect();
    found.sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
    let keys: Vec<IndexColumn> = found.into_iter().map(|(_, key)| key).collect();
    joined(&[&keys])
}

fn pattern_class(type_name: &str) -> Option<String> {
    let class = match type_name {
        "text" => "text_pattern_ops",
        name if name.starts_with("character varying") => "varchar_pattern_ops",
        name if name.starts_with("character") => "bpchar_pattern_ops",
        _ => return None,
    };
    Some(class.to_owned())
}

/// Whether a valid index begins with the same keys and holds the same columns, for all rows or for the same.
fn is_served(relation: &Relation<'_>, wanted: &IndexDefinition) -> bool {
    relation.indexes.iter().any(|index| {
        let same_key = |(key, has): (&IndexColumn, &aforo_model::database::IndexKey)| {
            has.column.as_deref() == Some(key.name.as_str())
                && key.operator_class == has.operator_class
                && key.is_descending == has.is_descending
                && key.nulls_first == has.nulls_first
        };
        let holds = |column: &String| {
            index.included.contains(column)
                || index.keys.iter().any(|key| key.column.as_deref() == Some(column.as_str()))
        };
        index.is_valid
            && index.method == wanted.method.name()
            && index.predicate.is_none()
            && wanted.keys.len() <= index.keys.len()
            && wanted.keys.iter().zip(&index.keys).all(same_key)
            && wanted.included.iter().all(holds)
    })
}
