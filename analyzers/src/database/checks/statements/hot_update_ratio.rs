//! `hot-update-ratio`
//!
//! **What:** updates that needed no new index entry (HOT), as a share of all updates of a table, from 10 000
//! on.
//! **Why it hurts:** each other update writes an entry into every index of the table, and leaves a dead one
//! behind.
//! **Threshold:** below half is a warning. Source: ours; peers show it without a threshold.
//! **Remedy:** fewer indexes on columns that change (predicates of partial indexes included), and a fill
//! factor that leaves room.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine, warning_if};
use crate::database::parts;
use crate::database::remedies::quoted;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.5;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "hot-update-ratio",
    area: CheckArea::Statements,
    weight: 2.0,
    summary: "updates that write every index",
    reads: "pg_stat_all_tables.n_tup_hot_upd, n_tup_upd",
    threshold: "below half is a warning",
    source: "ours; peers show it without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = parts::counted_tables(evidence)?;
    let updated = tables.filter(|(_, counters)| counters.updates >= parts::SMALLEST_SAMPLE);
    let outstanding = updated.filter_map(|(table, counters)| {
        let (hot, updates) = (counters.hot_updates as f64, counters.updates as f64);
        let name = quoted(&table.name);
        Some(about_table(
            &table.name,
            warning_if(hot / updates < WARNING_RATIO)?,
            format!("{} of {updates} updates of {name} needed no new index entry", percent(hot / updates)),
            format!(
                "drop indexes on columns that change where nothing needs them, and leave room in the pages: \
                 ALTER TABLE {name} SET (fillfactor = 90);"
            ),
            &[("hot_update_ratio", hot / updates), ("update_count", updates)],
        ))
    });
    those_or_fine(outstanding.collect(), "no table that is updated often writes its indexes for most updates")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(hot: u64, updates: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::TableCounters| {
            (counters.hot_updates, counters.updates) = (hot, updates);
        };
        Fixture::healthy().with_table_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_there_are_enough() {
        assert_eq!(
            [of(4_999, 10_000), of(5_000, 10_000), of(0, 9_999)],
            [Grade::Warning, Grade::Ok, Grade::Ok]
        );
    }
}
