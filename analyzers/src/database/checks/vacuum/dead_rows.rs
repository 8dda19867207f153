//! `dead-rows`
//!
//! **What:** dead rows as a share of all rows of a table, from 10 000 dead rows on.
//! **Why it hurts:** scans read them, indexes point to them, and the table does not shrink again by itself.
//! **Threshold:** 20 % is a warning, half is critical. Source: a fifth is the scale factor with which
//! autovacuum comes by itself; half is ours.
//! **Remedy:** `VACUUM (ANALYZE)`; then a smaller `autovacuum_vacuum_scale_factor` for the table.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, rising, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.20;
const CRITICAL_RATIO: f64 = 0.50;
const SMALLEST_COUNT: u64 = 10_000;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "dead-rows",
    area: CheckArea::Vacuum,
    weight: 3.0,
    summary: "tables with many dead rows",
    reads: "pg_stat_all_tables.n_dead_tup, n_live_tup",
    threshold: "20 % is a warning, half is critical",
    source: "a fifth is the scale factor with which autovacuum comes by itself; half is ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = parts::counted_tables(evidence)?;
    let outstanding = tables.filter(|(_, counters)| counters.dead_rows >= SMALLEST_COUNT).filter_map(
        |(table, counters)| {
            let (dead, live) = (counters.dead_rows as f64, counters.live_rows as f64);
            let ratio = dead / (dead + live);
            let name = quoted(&table.name);
            Some(about_table(
                &table.name,
                rising(ratio, WARNING_RATIO, CRITICAL_RATIO)?,
                format!("{dead} of {} rows of {name} are dead ({})", dead + live, percent(ratio)),
                format!(
                    "VACUUM (ANALYZE) {name}; ALTER TABLE {name} SET (autovacuum_vacuum_scale_factor = 0.05);"
                ),
                &[("dead_ratio", ratio), ("dead_rows", dead), ("live_rows", live)],
            ))
        },
    );
    those_or_fine(outstanding.collect(), "no table has many dead rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(dead: u64, live: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::TableCounters| {
            (counters.dead_rows, counters.live_rows) = (dead, live);
        };
        Fixture::healthy().with_table_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_there_are_enough() {
        assert_eq!(of(19_999, 80_001), Grade::Ok);
        assert_eq!(of(20_000, 80_000), Grade::Warning);
        assert_eq!(of(50_000, 50_000), Grade::Critical);
        assert_eq!(of(9_999, 1), Grade::Ok, "too few to hurt");
    }

    #[test]
    fn a_standby_does_not_know() {
        assert_eq!(
            Fixture::healthy().with(|evidence| evidence.server.is_standby = true).grade(&CHECK),
            Grade::Skipped
        );
    }
}
