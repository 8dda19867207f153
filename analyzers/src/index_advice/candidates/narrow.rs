//! Which columns an index can hold, and how many bytes of them are worth it.

use aforo_model::database::ColumnFacts;

use crate::index_advice::relations::Relation;
use crate::index_advice::resolve::Mention;

/// What `INCLUDE` may add to an entry: above it, the index is nearly a second table. Half of a row of 128 bytes.
const INCLUDED_BYTES: u32 = 64;

/// Columns in `INCLUDE` at most.
const INCLUDED_COLUMNS: usize = 5;

/// A B-tree entry must fit a third of a page (`BTMaxItemSize`); keys wider than this on average are near it at times.
const KEY_BYTES: u32 = 400;

/// Types without an order, or whose values are large as a rule.
const UNORDERED: [&str; 12] = [
    "json", "jsonb", "xml", "point", "box", "polygon", "path", "circle", "line", "lseg", "tsvector", "bytea",
];

/// Whether a B-tree on the column makes sense.
pub(crate) fn is_orderable(column: &ColumnFacts) -> bool {
    let is_range = column.type_name.ends_with("range");
    !is_range && !UNORDERED.contains(&column.type_name.as_str()) && average_bytes(column) <= KEY_BYTES
}

/// The columns that must be added to `keys` for the index to hold all the statement reads; nothing where they are too many or
/// too wide, or every column is read.
pub(crate) fn rest_to_include(
    relation: &Relation<'_>,
    mention: &Mention,
    keys: &[&str],
    condition: Option<&str>,
) -> Option<Vec<String>> {
    if mention.is_whole {
        return None;
    }
    let rest: Vec<&String> = mention
        .columns
        .iter()
        .filter(|column| !keys.contains(&column.as_str()) && condition != Some(column.as_str()))
        .collect();
    let bytes: u32 = rest
        .iter()
        .filter_map(|column| relation.column(column))
        .map(average_bytes)
        .fold(0, u32::saturating_add);
    let is_narrow = !rest.is_empty() && rest.len() <= INCLUDED_COLUMNS && bytes <= INCLUDED_BYTES;
    is_narrow.then(|| rest.into_iter().cloned().collect())
}

fn average_bytes(column: &ColumnFacts) -> u32 {
    let known = column.statistics.as_ref().map(|statistics| statistics.average_bytes);
    column.fixed_bytes.map(u32::from).or(known).unwrap_or(32)
}
