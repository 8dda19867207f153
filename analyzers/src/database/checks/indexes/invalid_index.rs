//! `invalid-index`
//!
//! **What:** indexes that no query may use: what `CREATE INDEX CONCURRENTLY` or `REINDEX CONCURRENTLY` leaves behind when it
//! fails; and indexes of partitioned tables that not every partition has.
//! **Why it hurts:** writes still maintain it, queries do not get what somebody meant to give them, and a unique one does not
//! keep rows unique.
//! **Threshold:** any is critical where it should keep rows unique, else a warning. Source: Postgres' documentation of
//! `CREATE INDEX`.
//! **Remedy:** build it again, or drop it; of a partitioned table, give each partition that lacks it its part. `REINDEX` does not make that one
//! valid, and it cannot be dropped concurrently.

use aforo_model::Severity;
use aforo_model::database::{Catalog, CheckArea, CheckResult, DatabaseEvidence, IndexFacts, TableKind};

use super::partitioned_index::remedy;
use crate::database::check::{CheckReading, DatabaseCheck, about, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "invalid-index",
    area: CheckArea::Indexes,
    weight: 3.0,
    summary: "indexes that were not built to the end",
    reads: "pg_index.indisvalid, pg_index.indisready",
    threshold: "any is a warning, a unique one critical",
    source: "Postgres documentation",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let outstanding = catalog.indexes.iter().filter(|index| !index.is_valid || !index.is_ready);
    let results = outstanding.map(|index| result(catalog, index)).collect();
    those_or_fine(results, format!("each of {} indexes is valid", catalog.indexes.len()))
}

fn result(catalog: &Catalog, index: &IndexFacts) -> CheckResult {
    let (message, remedy) = said(catalog, index);
    about(
        "index",
        &format!("{}.{}", index.name.schema, index.name.name),
        if index.is_unique { Severity::Critical } else { Severity::Warning },
        message,
        remedy,
        &[("index_bytes", index.bytes as f64)],
    )
}

/// What was seen, and what to do.
fn said(catalog: &Catalog, index: &IndexFacts) -> (String, String) {
    let (name, table) = (quoted(&index.name), quoted(&index.table));
    let is_partitioned =
        catalog.tables.iter().any(|table| table.name == index.table && table.kind == TableKind::Partitioned);
    if is_partitioned {
        (
            format!(
                "index {name} of the partitioned table {table} is not valid: not every partition has a valid part of it"
            ),
            remedy(catalog, index),
        )
    } else {
        (
            format!("index {name} of {table} is not valid, so no query uses it"),
            format!(
                "if no index is being built right now: REINDEX INDEX CONCURRENTLY {name}; or DROP INDEX CONCURRENTLY {name};"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::Grade;

    fn half() -> IndexFacts {
        IndexFacts { is_valid: false, ..index("half", &["name"]) }
    }

    fn grade_of(is_valid: bool, is_ready: bool, is_unique: bool) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let half = IndexFacts { is_valid, is_ready, is_unique, ..half() };
            evidence.catalog.as_mut().unwrap().indexes = vec![half];
        };
        Fixture::healthy().with(spoil).grade(&CHECK)
    }

    #[test]
    fn one_that_queries_may_not_use_is_warned_of() {
        assert_eq!(grade_of(false, true, false), Grade::Warning);
        assert_eq!(grade_of(false, false, true), Grade::Critical);
        assert_eq!(grade_of(true, true, true), Grade::Ok);
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }

    #[test]
    fn that_of_a_partitioned_table_is_not_built_again() {
        let mut catalog = Fixture::healthy().evidence.catalog.unwrap();
        assert!(said(&catalog, &half()).1.contains("REINDEX INDEX CONCURRENTLY"));
        catalog.tables[0].kind = TableKind::Partitioned;
        let (message, remedy) = said(&catalog, &half());
        assert!(message.contains("partitioned"), "{message}");
        assert!(!remedy.contains("REINDEX") && !remedy.contains("DROP INDEX CONCURRENTLY"), "{remedy}");
    }
}
