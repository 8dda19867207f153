//! `redundant-index`
//!
//! **What:** a valid B-tree whose keys another of the table begins with, with the same operator classes, collations, order and
//! predicate.
//! **Why it hurts:** every write pays for both; the wider one can be read in place of the narrower one.
//! **Threshold:** any is a warning; nothing is said of one that keeps rows unique, or that is less than half as large as the
//! wider one and is used: it may well be what makes the statements fast. Source: `PgHero`; the exception is Aforo's.
//! **Remedy:** drop the narrower one.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence, IndexFacts};

use super::comparison::{begins_with, drop, is_only_an_index, size};
use crate::database::check::{CheckReading, DatabaseCheck, about, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "redundant-index",
    area: CheckArea::Indexes,
    weight: 1.0,
    summary: "indexes that are the beginning of others",
    reads: "pg_index, pg_stat_all_indexes",
    threshold: "any is a warning, unless it is used and less than half as large as the other",
    source: "PgHero; Aforo for the exception",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let indexes = &catalog.indexes;
    let outstanding = indexes.iter().filter(|index| is_only_an_index(index)).filter_map(|index| {
        let wider =
            indexes.iter().find(|other| begins_with(other, index) && !is_worth_its_own(index, other))?;
        let (name, other, table) = (quoted(&index.name), quoted(&wider.name), quoted(&index.table));
        Some(about(
            "index",
            &format!("{}.{}", index.name.schema, index.name.name),
            Severity::Warning,
            format!("index {name} ({}) of {table} is the beginning of {other}", size(index.bytes)),
            drop(catalog, index),
            &[("index_bytes", index.bytes as f64), ("wider_index_bytes", wider.bytes as f64)],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!("none of {} indexes is the beginning of another", indexes.len()),
    )
}

/// Whether reading the wider one instead would cost at least twice the pages, and it is read at all.
fn is_worth_its_own(index: &IndexFacts, wider: &IndexFacts) -> bool {
    let is_used = index.counters.as_ref().is_none_or(|counters| counters.scans > 0);
    is_used && index.bytes.saturating_mul(2) < wider.bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::Grade;

    fn grade_of(change: impl Fn(&mut IndexFacts)) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let mut narrow = index("narrow", &["name"]);
            change(&mut narrow);
            let wide = IndexFacts { oid: 11, ..index("wide", &["name", "email"]) };
            evidence.catalog.as_mut().unwrap().indexes = vec![narrow, wide];
        };
        Fixture::healthy().with(spoil).grade(&CHECK)
    }

    #[test]
    fn the_beginning_of_another_is_warned_of() {
        assert_eq!(grade_of(|_| ()), Grade::Warning);
    }

    #[test]
    fn what_the_other_cannot_do_is_not_redundant() {
        assert_eq!(grade_of(|narrow| narrow.is_unique = true), Grade::Ok);
        assert_eq!(grade_of(|narrow| narrow.keys[0].column = Some("email".to_owned())), Grade::Ok);
        assert_eq!(grade_of(|narrow| narrow.included = vec!["phone".to_owned()]), Grade::Ok);
        assert_eq!(grade_of(|narrow| narrow.method = "hash".to_owned()), Grade::Ok);
        assert_eq!(grade_of(|narrow| narrow.bytes /= 3), Grade::Ok, "small and used");
    }

    #[test]
    fn without_indexes_there_is_none() {
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }
}
