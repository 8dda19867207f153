//! `unlogged-tables`
//!
//! **What:** tables that are not written to the log.
//! **Why it hurts:** after a crash they are empty, and no standby has them.
//! **Threshold:** any is a warning. Source: postgresqltuner.
//! **Remedy:** `ALTER TABLE … SET LOGGED` for what may not be lost.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "unlogged-tables",
    area: CheckArea::Schema,
    weight: 2.0,
    summary: "tables that a crash empties",
    reads: "pg_class.relpersistence",
    threshold: "any is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = &parts::catalog(evidence)?.tables;
    let outstanding = tables.iter().filter(|table| !table.is_logged).map(|table| {
        let name = quoted(&table.name);
        about_table(
            &table.name,
            Severity::Warning,
            format!("{name} is not written to the log: a crash empties it"),
            format!("unless it may be lost: ALTER TABLE {name} SET LOGGED;"),
            &[("table_bytes", table.bytes as f64)],
        )
    });
    those_or_fine(outstanding.collect(), "every table is written to the log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn one_is_warned_of() {
        let of = |is_logged| Fixture::healthy().with_table(|table| table.is_logged = is_logged).grade(&CHECK);
        assert_eq!([true, false].map(of), [Grade::Ok, Grade::Warning]);
    }
}
