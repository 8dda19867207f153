//! `invalid-index`
//!
//! **What:** indexes that no query may use: what `CREATE INDEX CONCURRENTLY` or `REINDEX CONCURRENTLY` leaves behind when it
//! fails.
//! **Why it hurts:** writes still maintain it, queries do not get what somebody meant to give them, and a unique one does not
//! keep rows unique.
//! **Threshold:** any is critical where it should keep rows unique, else a warning. Source: Postgres' documentation of
//! `CREATE INDEX`.
//! **Remedy:** build it again, or drop it.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

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
    let indexes = &parts::catalog(evidence)?.indexes;
    let outstanding = indexes.iter().filter(|index| !index.is_valid || !index.is_ready).map(|index| {
        let (name, table) = (quoted(&index.name), quoted(&index.table));
        about(
            "index",
            &format!("{}.{}", index.name.schema, index.name.name),
            if index.is_unique { Severity::Critical } else { Severity::Warning },
            format!("index {name} of {table} is not valid, so no query uses it"),
            format!(
                "if no index is being built right now: REINDEX INDEX CONCURRENTLY {name}; or DROP INDEX CONCURRENTLY {name};"
            ),
            &[("index_bytes", index.bytes as f64)],
        )
    });
    those_or_fine(outstanding.collect(), format!("each of {} indexes is valid", indexes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::Grade;

    fn grade_of(is_valid: bool, is_ready: bool, is_unique: bool) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let mut half = index("half", &["name"]);
            (half.is_valid, half.is_ready, half.is_unique) = (is_valid, is_ready, is_unique);
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
}
