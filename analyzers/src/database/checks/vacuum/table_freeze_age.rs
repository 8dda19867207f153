//! `table-freeze-age`
//!
//! **What:** age of the oldest transaction id of each table that is not frozen, against
//! `autovacuum_freeze_max_age`.
//! **Why it hurts:** at that age autovacuum must have begun: the table is locked away from it, or it never
//! gets to its end.
//! **Threshold:** 1.1 times that age is a warning, twice is critical. Source: the manual has autovacuum begin
//! at that age; the factors are ours, since `check_postgres`, at 0.9 and 0.95, warns of every table once in
//! its cycle.
//! **Remedy:** `VACUUM (FREEZE)` of the table, after what holds vacuum back has been ended.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, rising, those_or_fine};
use crate::database::remedies::quoted;
use crate::database::{parts, settings};

const WARNING_FACTOR: f64 = 1.1;
const CRITICAL_FACTOR: f64 = 2.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "table-freeze-age",
    area: CheckArea::Vacuum,
    weight: 3.0,
    summary: "tables that vacuum does not get to freeze",
    reads: "age(pg_class.relfrozenxid), autovacuum_freeze_max_age",
    threshold: "1.1 times that age is a warning, twice is critical",
    source: "the manual has autovacuum begin at that age; the factors are ours, since check_postgres, at \
             0.9 and 0.95, warns of every table once in its cycle",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = &parts::catalog(evidence)?.tables;
    let limit = settings::number(evidence, "autovacuum_freeze_max_age")?;
    let outstanding = tables.iter().filter_map(|table| {
        let age = table.frozen_xid_age as f64;
        let name = quoted(&table.name);
        Some(about_table(
            &table.name,
            rising(age / limit, WARNING_FACTOR, CRITICAL_FACTOR)?,
            format!(
                "transaction ids of {name} are up to {:.0} million old; autovacuum freezes them from {:.0} \
                 million on",
                age / 1e6,
                limit / 1e6
            ),
            format!("VACUUM (FREEZE, VERBOSE) {name};"),
            &[("age", age), ("freeze_max_age", limit)],
        ))
    });
    those_or_fine(outstanding.collect(), format!("each of {} tables is frozen in time", tables.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn the_age_is_graded_against_the_setting() {
        // 200 million.
        let of = |age| Fixture::healthy().with_table(|table| table.frozen_xid_age = age).grade(&CHECK);
        assert_eq!(
            [219_999_999, 220_000_000, 400_000_000].map(of),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }
}
