//! Which indexes do the work of others.

use aforo_model::database::{Catalog, IndexFacts, TableKind};

use crate::database::remedies::quoted;

/// Whether both are on the same table by the same method for the same rows, and may be used.
pub(super) fn are_comparable(one: &IndexFacts, other: &IndexFacts) -> bool {
    let is_same = one.table == other.table && one.method == other.method && one.predicate == other.predicate;
    is_same && one.oid != other.oid && one.is_valid && other.is_valid
}

/// Whether keys, stored columns and order are the same.
pub(super) fn are_equal(one: &IndexFacts, other: &IndexFacts) -> bool {
    are_comparable(one, other) && one.keys == other.keys && one.included == other.included
}

/// Whether the wider one begins with all that the narrower one has, so that it can be read in its place. Only of B-trees is the
/// beginning as good as the whole.
pub(super) fn begins_with(wider: &IndexFacts, narrower: &IndexFacts) -> bool {
    let holds = |column: &String| {
        wider.included.contains(column) || wider.keys.iter().any(|key| key.column.as_ref() == Some(column))
    };
    are_comparable(wider, narrower)
        && wider.method == "btree"
        && wider.keys.starts_with(&narrower.keys)
        && narrower.included.iter().all(holds)
        && !are_equal(wider, narrower)
}

/// Whether it can go without a constraint going with it.
pub(super) fn is_only_an_index(index: &IndexFacts) -> bool {
    !index.is_unique && !index.is_primary && !index.is_constraint
}

/// How to drop it. An index of a partitioned table belongs to all its partitions, and Postgres drops none of them by itself, nor the
/// whole without locking the table.
pub(super) fn drop(catalog: &Catalog, index: &IndexFacts) -> String {
    let table = catalog.tables.iter().find(|table| table.name == index.table);
    if table.is_some_and(|table| table.kind == TableKind::Partitioned || table.parent.is_some()) {
        return "it belongs to a partitioned table: drop it there for all partitions at once, when nobody needs the table".to_owned();
    }
    format!("DROP INDEX CONCURRENTLY {};", quoted(&index.name))
}

/// Its bytes as people say them.
pub(super) fn size(bytes: u64) -> String {
    const MEBIBYTE: f64 = 1024.0 * 1024.0;
    let mebibytes = bytes as f64 / MEBIBYTE;
    if mebibytes < 1.0 { format!("{:.0} KiB", bytes as f64 / 1024.0) } else { format!("{mebibytes:.0} MiB") }
}
