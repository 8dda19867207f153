//! `insert-only-tables`
//!
//! **What:** tables of 10 000 rows or more without updates and deletes, never vacuumed, with more new rows
//! than autovacuum waits for.
//! **Why it hurts:** their pages are not marked all-visible, so that no scan is index-only, and freezing
//! comes all at once one day.
//! **Threshold:** any is a warning. Source: `autovacuum_vacuum_insert_threshold` and its scale factor (13 and
//! later); the 10 000 rows are ours.
//! **Remedy:** `VACUUM (ANALYZE)`; find out why autovacuum did not.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine, warning_if};
use crate::database::remedies::quoted;
use crate::database::{parts, settings};

const SMALLEST_COUNT: u64 = 10_000;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "insert-only-tables",
    area: CheckArea::Vacuum,
    weight: 2.0,
    summary: "tables that only grow and were never vacuumed",
    reads: "pg_stat_all_tables.n_ins_since_vacuum, last_vacuum, last_autovacuum",
    threshold: "any is a warning",
    source: "autovacuum_vacuum_insert_threshold and its scale factor (13 and later); the 10 000 rows are ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = parts::counted_tables(evidence)?;
    let threshold = settings::number(evidence, "autovacuum_vacuum_insert_threshold")?;
    let scale = settings::number(evidence, "autovacuum_vacuum_insert_scale_factor")?;
    let outstanding = tables.filter_map(|(table, counters)| {
        let inserted = counters.inserted_since_vacuum? as f64;
        let only_grows = counters.updates == 0 && counters.deletes == 0 && counters.last_vacuum.is_none();
        let is_due = inserted > threshold + scale * counters.live_rows as f64;
        let name = quoted(&table.name);
        Some(about_table(
            &table.name,
            warning_if(only_grows && is_due && counters.live_rows >= SMALLEST_COUNT)?,
            format!("{name} got {inserted} rows, lost none, and was never vacuumed"),
            format!("VACUUM (ANALYZE) {name};"),
            &[("inserted_rows", inserted), ("all_visible_ratio", table.all_visible_ratio)],
        ))
    });
    those_or_fine(outstanding.collect(), "no table that only grows waits for its first vacuum")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn growing(live: u64, updates: u64) -> Fixture {
        Fixture::healthy().with_table_counters(|counters| {
            (counters.inserted_since_vacuum, counters.live_rows) = (Some(live), live);
            (counters.updates, counters.deletes, counters.last_vacuum) = (updates, 0, None);
        })
    }

    #[test]
    fn only_a_table_that_never_was_vacuumed_and_only_grows_is_warned_of() {
        assert_eq!(growing(10_000, 0).grade(&CHECK), Grade::Warning);
        assert_eq!(growing(9_999, 0).grade(&CHECK), Grade::Ok);
        assert_eq!(growing(10_000, 1).grade(&CHECK), Grade::Ok);
    }
}
