//! `index-bloat`
//!
//! **What:** bytes a b-tree has beyond those its entries need, estimated from the planner's statistics, where
//! it has them for all its columns.
//! **Why it hurts:** look-ups read more pages, and it takes room in memory; an index does not shrink by
//! itself.
//! **Threshold:** 100 MB that is half of the index or more is a warning. Source: `PgHero` (100 MB); the
//! estimate leaves out deduplication, so that it errs towards no finding.
//! **Remedy:** `REINDEX INDEX CONCURRENTLY`.

use aforo_model::database::{Catalog, CheckArea, DatabaseEvidence, IndexFacts};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, about, those_or_fine, warning_if};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::{memory, percent};

const WARNING_BYTES: f64 = 100.0 * 1024.0 * 1024.0;
const WARNING_RATIO: f64 = 0.50;

const PAGE_BYTES: f64 = 8192.0;
/// What a page has for entries: less its header and the 16 bytes at its end, filled to nine tenths.
const USABLE_BYTES: f64 = (PAGE_BYTES - 24.0 - 16.0) * 0.9;
const ENTRY_HEADER_BYTES: f64 = 8.0;
const ENTRY_POINTER_BYTES: f64 = 4.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "index-bloat",
    area: CheckArea::Vacuum,
    weight: 2.0,
    summary: "b-trees with much empty space",
    reads: "pg_class.relpages, reltuples, pg_stats.avg_width",
    threshold: "100 MB that is half of the index or more is a warning",
    source: "PgHero (100 MB); the estimate leaves out deduplication, so that it errs towards no finding",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let estimates: Vec<_> =
        catalog.indexes.iter().filter_map(|index| Some((index, needed_bytes(catalog, index)?))).collect();
    if estimates.is_empty() && !catalog.indexes.is_empty() {
        return Err(Skip::new(
            "the planner has no statistics that the role may read",
            "ANALYZE; and GRANT pg_read_all_data TO the role",
        ));
    }
    let outstanding = estimates.iter().filter_map(|(index, needed_bytes)| {
        let empty_bytes = index.bytes as f64 - needed_bytes;
        let ratio = empty_bytes / index.bytes as f64;
        let name = quoted(&index.name);
        Some(about(
            "index",
            &format!("{}.{}", index.name.schema, index.name.name),
            warning_if(empty_bytes >= WARNING_BYTES && ratio >= WARNING_RATIO)?,
            format!("about {} of {name} is empty ({})", memory(empty_bytes as u64), percent(ratio)),
            format!("REINDEX INDEX CONCURRENTLY {name};"),
            &[("empty_bytes", empty_bytes), ("empty_ratio", ratio)],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!(
            "no b-tree has much empty space, as far as {} of {} can be estimated",
            estimates.len(),
            catalog.indexes.len()
        ),
    )
}

/// Bytes the entries of a b-tree on plain columns need.
fn needed_bytes(catalog: &Catalog, index: &IndexFacts) -> Option<f64> {
    if index.method != "btree" || index.row_estimate <= 0.0 {
        return None;
    }
    let table = catalog.tables.iter().find(|table| table.name == index.table)?;
    let keys: Option<Vec<&str>> = index.keys.iter().map(|key| key.column.as_deref()).collect();
    let mut width = 0.0;
    for name in keys?.into_iter().chain(index.included.iter().map(String::as_str)) {
        let column = table.columns.iter().find(|column| column.name == name)?;
        width += f64::from(column.statistics.as_ref()?.average_bytes);
    }
    let entry_bytes = ((ENTRY_HEADER_BYTES + width) / 8.0).ceil() * 8.0 + ENTRY_POINTER_BYTES;
    // One page in front, and about one in a hundred above the leaves.
    Some((index.row_estimate * entry_bytes / USABLE_BYTES * 1.01).ceil().mul_add(PAGE_BYTES, PAGE_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn index_of(bytes: u64, column: &str) -> Fixture {
        let index = IndexFacts {
            oid: 1,
            name: crate::database::fixtures::public("guests_pkey"),
            table: crate::database::fixtures::public("guests"),
            parent: None,
            method: "btree".to_owned(),
            keys: vec![aforo_model::database::IndexKey {
                column: Some(column.to_owned()),
                definition: column.to_owned(),
                operator_class: None,
                collation: None,
                is_descending: false,
                nulls_first: false,
            }],
            included: Vec::new(),
            predicate: None,
            definition: String::new(),
            is_unique: true,
            is_primary: true,
            is_constraint: true,
            is_valid: true,
            is_ready: true,
            bytes,
            row_estimate: 1_000_000.0,
            counters: None,
        };
        Fixture::healthy().with(|evidence| evidence.catalog.as_mut().unwrap().indexes.push(index))
    }

    #[test]
    fn a_fresh_index_on_an_integer_has_the_size_that_postgres_gives_it() {
        let evidence = index_of(0, "id").evidence;
        let catalog = evidence.catalog.unwrap();
        let needed = needed_bytes(&catalog, &catalog.indexes[0]).unwrap();
        // A primary key of a million integers takes 21 to 22 MB.
        assert!((21e6..23e6).contains(&needed), "{needed}");
    }

    #[test]
    fn what_is_beyond_is_graded() {
        assert_eq!(
            [120 << 20, 125 << 20].map(|bytes| index_of(bytes, "id").grade(&CHECK)),
            [Grade::Ok, Grade::Warning]
        );
        assert_eq!(index_of(1 << 40, "unknown").grade(&CHECK), Grade::Skipped);
    }
}
