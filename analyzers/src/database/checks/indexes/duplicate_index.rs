//! `duplicate-index`
//!
//! **What:** two valid indexes of one table with the same method, keys, operator classes, collations, order, stored columns and
//! predicate.
//! **Why it hurts:** every write pays for both, and no read is faster for the second.
//! **Threshold:** any is a warning. Source: `PgHero`.
//! **Remedy:** drop the one that no constraint needs; of equals, the younger.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence, IndexFacts};

use super::comparison::{are_equal, drop, is_only_an_index, size};
use crate::database::check::{CheckReading, DatabaseCheck, about, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "duplicate-index",
    area: CheckArea::Indexes,
    weight: 2.0,
    summary: "indexes that exist twice",
    reads: "pg_index",
    threshold: "any is a warning",
    source: "PgHero",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let indexes = &catalog.indexes;
    let outstanding = indexes.iter().filter(|index| is_only_an_index(index)).filter_map(|index| {
        let twin = indexes.iter().find(|other| are_equal(index, other) && is_kept(other, index))?;
        let (name, kept, table) = (quoted(&index.name), quoted(&twin.name), quoted(&index.table));
        Some(about(
            "index",
            &format!("{}.{}", index.name.schema, index.name.name),
            Severity::Warning,
            format!("index {name} ({}) of {table} is the same as {kept}", size(index.bytes)),
            drop(catalog, index),
            &[("index_bytes", index.bytes as f64)],
        ))
    });
    those_or_fine(outstanding.collect(), format!("none of {} indexes exists twice", indexes.len()))
}

/// Whether of two equal ones this is the one to keep: a constraint's, else the older.
fn is_kept(one: &IndexFacts, other: &IndexFacts) -> bool {
    !is_only_an_index(one) || one.oid < other.oid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::{Grade, TableFacts, TableKind};

    fn grade_of(change: impl Fn(&mut IndexFacts)) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let mut second = IndexFacts { oid: 11, ..index("second", &["name"]) };
            change(&mut second);
            evidence.catalog.as_mut().unwrap().indexes = vec![index("first", &["name"]), second];
        };
        Fixture::healthy().with(spoil).grade(&CHECK)
    }

    #[test]
    fn the_same_index_twice_is_warned_of() {
        assert_eq!(grade_of(|_| ()), Grade::Warning);
    }

    #[test]
    fn another_order_predicate_class_or_a_constraint_is_another_index() {
        assert_eq!(grade_of(|second| second.keys[0].is_descending = true), Grade::Ok);
        assert_eq!(grade_of(|second| second.predicate = Some("name <> ''".to_owned())), Grade::Ok);
        assert_eq!(
            grade_of(|second| second.keys[0].operator_class = Some("text_pattern_ops".to_owned())),
            Grade::Ok
        );
        assert_eq!(grade_of(|second| second.is_valid = false), Grade::Ok);
        // The plain one goes, the constraint's stays.
        assert_eq!(grade_of(|second| second.is_unique = true), Grade::Warning);
    }

    #[test]
    fn one_of_a_partitioned_table_or_a_partition_is_not_dropped_by_itself() {
        let remedy = |change: fn(&mut TableFacts)| {
            let spoil = |evidence: &mut DatabaseEvidence| {
                let catalog = evidence.catalog.as_mut().unwrap();
                catalog.indexes =
                    vec![index("first", &["name"]), IndexFacts { oid: 11, ..index("second", &["name"]) }];
            };
            Fixture::healthy().with(spoil).with_table(change).told_by(&CHECK)
        };
        assert!(remedy(|_| ()).contains("DROP INDEX CONCURRENTLY"));
        let partition = remedy(|table| table.parent = Some(table.name.clone()));
        let parent = remedy(|table| table.kind = TableKind::Partitioned);
        for told in [partition, parent] {
            assert!(!told.contains("DROP INDEX") && told.contains("partitioned table"), "{told}");
        }
    }

    #[test]
    fn without_indexes_there_is_none() {
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }
}
