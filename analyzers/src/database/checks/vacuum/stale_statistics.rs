//! `stale-statistics`
//!
//! **What:** rows changed since the last ANALYZE as a share of the rows, from 10 000 changed rows on.
//! **Why it hurts:** the planner's estimates are those of another table.
//! **Threshold:** 20 % is a warning. Source: twice the scale factor with which autovacuum analyses.
//! **Remedy:** `ANALYZE`; then a smaller `autovacuum_analyze_scale_factor` for the table.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine, warning_if};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.20;
const SMALLEST_COUNT: u64 = 10_000;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "stale-statistics",
    area: CheckArea::Vacuum,
    weight: 2.0,
    summary: "tables that changed much since they were analysed",
    reads: "pg_stat_all_tables.n_mod_since_analyze, n_live_tup",
    threshold: "20 % is a warning",
    source: "twice the scale factor with which autovacuum analyses",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let outstanding = parts::counted_tables(evidence)?.filter_map(|(table, counters)| {
        let changed = counters.changed_since_analyze;
        let ratio = changed as f64 / counters.live_rows.max(1) as f64;
        let name = quoted(&table.name);
        Some(about_table(
            &table.name,
            warning_if(changed >= SMALLEST_COUNT && ratio >= WARNING_RATIO)?,
            format!(
                "{changed} rows of {name} changed since it was analysed, {} of what it has",
                percent(ratio)
            ),
            format!("ANALYZE {name}; ALTER TABLE {name} SET (autovacuum_analyze_scale_factor = 0.02);"),
            &[("changed_rows", changed as f64), ("changed_ratio", ratio)],
        ))
    });
    those_or_fine(outstanding.collect(), "no table changed much since it was analysed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(changed: u64, live: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::TableCounters| {
            (counters.changed_since_analyze, counters.live_rows) = (changed, live);
        };
        Fixture::healthy().with_table_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_enough_changed() {
        assert_eq!(
            [of(19_999, 100_000), of(20_000, 100_000), of(9_999, 10)],
            [Grade::Ok, Grade::Warning, Grade::Ok]
        );
    }
}
