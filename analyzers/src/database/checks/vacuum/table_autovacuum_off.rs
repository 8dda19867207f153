//! `table-autovacuum-off`
//!
//! **What:** tables with `autovacuum_enabled = false`.
//! **Why it hurts:** it was set for one bulk load and forgotten; the table grows, and its statistics age.
//! **Threshold:** any is a warning. Source: postgresqltuner.
//! **Remedy:** `ALTER TABLE … RESET (autovacuum_enabled)`, and `VACUUM (ANALYZE)` once.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "table-autovacuum-off",
    area: CheckArea::Vacuum,
    weight: 3.0,
    summary: "tables that autovacuum leaves out",
    reads: "pg_class.reloptions",
    threshold: "any is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = &parts::catalog(evidence)?.tables;
    let outstanding = tables.iter().filter(|table| table.options.iter().any(|option| switches_off(option)));
    let outstanding = outstanding.map(|table| {
        let name = quoted(&table.name);
        about_table(
            &table.name,
            Severity::Warning,
            format!("autovacuum leaves out {name}"),
            format!("ALTER TABLE {name} RESET (autovacuum_enabled); VACUUM (ANALYZE) {name};"),
            &[("table_bytes", table.bytes as f64)],
        )
    });
    those_or_fine(outstanding.collect(), format!("autovacuum leaves out none of {} tables", tables.len()))
}

/// Whether a storage parameter switches it off, in any way Postgres takes a boolean.
fn switches_off(option: &str) -> bool {
    let value = option.strip_prefix("autovacuum_enabled=").map(str::to_ascii_lowercase);
    value.is_some_and(|value| matches!(value.as_str(), "false" | "off" | "no" | "0" | "f" | "n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_tables_that_switch_it_off_are_warned_of() {
        let with =
            |option: &str| Fixture::healthy().with_table(|table| table.options.push(option.to_owned()));
        assert_eq!(with("autovacuum_enabled=OFF").grade(&CHECK), Grade::Warning);
        assert_eq!(with("autovacuum_enabled=true").grade(&CHECK), Grade::Ok);
        assert_eq!(with("fillfactor=90").grade(&CHECK), Grade::Ok);
        let told = with("autovacuum_enabled=false").told_by(&CHECK);
        assert!(told.contains(r#"ALTER TABLE \"public\".\"guests\" RESET"#), "{told}");
    }
}
