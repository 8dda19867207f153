//! `unused-index`
//!
//! **What:** valid indexes that were never scanned since the counters were reset, without those that keep a constraint or serve
//! a foreign key.
//! **Why it hurts:** each write pays for it in write-ahead log and time, updates of its columns are not HOT, and it takes memory
//! from what is read.
//! **Threshold:** 10 MiB and more without a scan is a warning, once the counters are 7 days old: weekly jobs have run by then.
//! Source: `PgHero` for never scanned; size and time are Aforo's.
//! **Remedy:** drop it, after asking the same of every standby: each counts scans of its own.

use aforo_model::Severity;
use aforo_model::database::{Catalog, CheckArea, DatabaseEvidence, IndexFacts};

use super::comparison::{drop, is_only_an_index, size};
use crate::database::check::{CheckReading, DatabaseCheck, Skip, about, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

const SMALLEST_BYTES: u64 = 10 << 20;
const SHORTEST_DAYS: f64 = 7.0;
const DAY_S: f64 = 86_400.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "unused-index",
    area: CheckArea::Indexes,
    weight: 1.0,
    summary: "indexes that nothing reads",
    reads: "pg_stat_all_indexes.idx_scan, pg_index",
    threshold: "10 MiB without a scan in 7 days is a warning",
    source: "PgHero; Aforo for size and time",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    if evidence.server.is_standby {
        return Err(Skip::new(
            "this is a standby, which does not count what the primary reads",
            "look at the primary",
        ));
    }
    let since = catalog.counters_since.or(evidence.server.started_at);
    let days = since.map_or(0.0, |since| (evidence.read_at - since).as_seconds_f64() / DAY_S);
    if days < SHORTEST_DAYS {
        return Err(Skip::new(
            format!("the counters are {days:.1} days old, and weekly jobs may not have run"),
            format!("ask again when they are {SHORTEST_DAYS:.0} days old"),
        ));
    }
    let outstanding = catalog.indexes.iter().filter(|index| is_unused(catalog, index)).map(|index| {
        let (name, table) = (quoted(&index.name), quoted(&index.table));
        about(
            "index",
            &format!("{}.{}", index.name.schema, index.name.name),
            Severity::Warning,
            format!("index {name} ({}) of {table} was not read once in {days:.0} days", size(index.bytes)),
            format!("once no standby reads it either: {}", drop(catalog, index)),
            &[("index_bytes", index.bytes as f64), ("counted_days", days)],
        )
    });
    those_or_fine(
        outstanding.collect(),
        format!(
            "each of {} indexes is small, needed or was read within {days:.0} days",
            catalog.indexes.len()
        ),
    )
}

fn is_unused(catalog: &Catalog, index: &IndexFacts) -> bool {
    let was_never_read = index.counters.as_ref().is_some_and(|counters| counters.scans == 0);
    was_never_read
        && index.is_valid
        && index.bytes >= SMALLEST_BYTES
        && is_only_an_index(index)
        && !serves_foreign_key(catalog, index)
}

/// Its scans for a deleted parent may be rare and yet matter.
fn serves_foreign_key(catalog: &Catalog, index: &IndexFacts) -> bool {
    catalog.constraints.iter().any(|constraint| {
        constraint.foreign_key.is_some()
            && constraint.table == index.table
            && constraint.columns.iter().all(|column| {
                index
                    .keys
                    .iter()
                    .take(constraint.columns.len())
                    .any(|key| key.column.as_ref() == Some(column))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::{ConstraintKind, ForeignKey, Grade};
    use chrono::TimeDelta;

    fn grade_of(change: impl Fn(&mut DatabaseEvidence, &mut IndexFacts)) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let mut idle = index("idle", &["name"]);
            idle.bytes = SMALLEST_BYTES;
            if let Some(counters) = idle.counters.as_mut() {
                counters.scans = 0;
            }
            change(evidence, &mut idle);
            evidence.catalog.as_mut().unwrap().indexes = vec![idle];
        };
        Fixture::healthy().with(spoil).grade(&CHECK)
    }

    #[test]
    fn one_that_nothing_reads_is_warned_of() {
        assert_eq!(grade_of(|_, _| ()), Grade::Warning);
    }

    #[test]
    fn small_read_or_needed_ones_are_not() {
        assert_eq!(grade_of(|_, idle| idle.bytes -= 1), Grade::Ok);
        assert_eq!(grade_of(|_, idle| idle.is_unique = true), Grade::Ok);
        assert_eq!(grade_of(|_, idle| idle.counters = None), Grade::Ok, "not counted is not unread");
        assert_eq!(grade_of(|_, idle| idle.counters.as_mut().unwrap().scans = 1), Grade::Ok);
        let with_foreign_key = |evidence: &mut DatabaseEvidence, _: &mut IndexFacts| {
            let constraint = &mut evidence.catalog.as_mut().unwrap().constraints[0];
            constraint.kind = ConstraintKind::ForeignKey;
            constraint.columns = vec!["name".to_owned()];
            constraint.foreign_key = Some(ForeignKey {
                table: constraint.table.clone(),
                columns: vec!["name".to_owned()],
                on_delete: "CASCADE".to_owned(),
            });
        };
        assert_eq!(grade_of(with_foreign_key), Grade::Ok);
    }

    #[test]
    fn a_standby_or_a_short_time_says_nothing() {
        assert_eq!(grade_of(|evidence, _| evidence.server.is_standby = true), Grade::Skipped);
        let fresh = |evidence: &mut DatabaseEvidence, _: &mut IndexFacts| {
            let since = evidence.read_at - TimeDelta::days(6);
            evidence.catalog.as_mut().unwrap().counters_since = Some(since);
        };
        assert_eq!(grade_of(fresh), Grade::Skipped);
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }
}
