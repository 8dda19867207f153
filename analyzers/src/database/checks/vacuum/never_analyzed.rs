//! `never-analyzed`
//!
//! **What:** tables of 1000 rows or more that were never analysed: neither a time nor statistics of any
//! column.
//! **Why it hurts:** the planner guesses: a tenth or a two-hundredth of the rows, whatever the value.
//! **Threshold:** any is a warning. Source: ours; `check_postgres` asks for an analyze within two days.
//! **Remedy:** `ANALYZE`.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

const SMALLEST_COUNT: u64 = 1000;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "never-analyzed",
    area: CheckArea::Vacuum,
    weight: 3.0,
    summary: "tables the planner knows nothing of",
    reads: "pg_stat_all_tables.last_analyze, last_autoanalyze, pg_stats",
    threshold: "any is a warning",
    source: "ours; check_postgres asks for an analyze within two days",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let unknown = parts::counted_tables(evidence)?.filter(|(table, counters)| {
        counters.live_rows >= SMALLEST_COUNT
            && counters.last_analyze.is_none()
            // The time is lost in a crash, and on a new standby; the estimate is not.
            && table.row_estimate.is_none_or(|rows| rows <= 0.0)
            && table.columns.iter().all(|column| column.statistics.is_none())
    });
    let outstanding = unknown.map(|(table, counters)| {
        let name = quoted(&table.name);
        about_table(
            &table.name,
            Severity::Warning,
            format!("{name} has {} rows and was never analysed", counters.live_rows),
            format!("ANALYZE {name};"),
            &[("live_rows", counters.live_rows as f64)],
        )
    });
    those_or_fine(outstanding.collect(), "each table that is not small was analysed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn never(live_rows: u64) -> Fixture {
        let fixture = Fixture::healthy().with_table(|table| {
            table.row_estimate = None;
            table.columns.iter_mut().for_each(|column| column.statistics = None);
        });
        fixture
            .with_table_counters(|counters| (counters.live_rows, counters.last_analyze) = (live_rows, None))
    }

    #[test]
    fn only_a_table_of_some_size_without_any_statistics_is_warned_of() {
        assert_eq!([999, 1000].map(|rows| never(rows).grade(&CHECK)), [Grade::Ok, Grade::Warning]);
        assert_eq!(
            never(1000).with_table(|table| table.row_estimate = Some(1000.0)).grade(&CHECK),
            Grade::Ok
        );
    }
}
