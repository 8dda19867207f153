//! `no-primary-key`
//!
//! **What:** tables without a primary key; partitions have their parent's.
//! **Why it hurts:** rows cannot be told apart, duplicates slip in, and logical replication refuses updates.
//! **Threshold:** any is a warning. Source: `PgHero` and `check_postgres`; the manual on replica identity.
//! **Remedy:** add one.

use std::collections::BTreeSet;

use aforo_model::Severity;
use aforo_model::database::{CheckArea, ConstraintKind, DatabaseEvidence, TableKind};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "no-primary-key",
    area: CheckArea::Schema,
    weight: 2.0,
    summary: "tables without a primary key",
    reads: "pg_constraint.contype",
    threshold: "any is a warning",
    source: "PgHero and check_postgres; the manual on replica identity",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let keys = catalog.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
    let with_key: BTreeSet<_> = keys.map(|constraint| &constraint.table).collect();
    let needs_key = |kind| matches!(kind, TableKind::Table | TableKind::Partitioned);
    let tables = catalog.tables.iter().filter(|table| needs_key(table.kind) && table.parent.is_none());
    let outstanding = tables.filter(|table| !with_key.contains(&table.name)).map(|table| {
        let name = quoted(&table.name);
        about_table(
            &table.name,
            Severity::Warning,
            format!("{name} has no primary key"),
            format!(
                "ALTER TABLE {name} ADD PRIMARY KEY (…); with the columns that tell its rows apart, or \
                 ALTER TABLE {name} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"
            ),
            &[("row_estimate", table.row_estimate.unwrap_or(f64::NAN))],
        )
    });
    those_or_fine(outstanding.collect(), "each table has a primary key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    use crate::database::fixtures::{public, table};

    fn with_another(kind: TableKind, parent: Option<&str>) -> Grade {
        let change = |evidence: &mut DatabaseEvidence| {
            let mut another = table("nights");
            (another.kind, another.parent) = (kind, parent.map(public));
            evidence.catalog.as_mut().unwrap().tables.push(another);
        };
        Fixture::healthy().with(change).grade(&CHECK)
    }

    #[test]
    fn only_tables_that_can_have_one_of_their_own_are_warned_of() {
        assert_eq!(with_another(TableKind::Table, None), Grade::Warning);
        assert_eq!(with_another(TableKind::Partitioned, None), Grade::Warning);
        assert_eq!(with_another(TableKind::Table, Some("all_nights")), Grade::Ok);
        assert_eq!(with_another(TableKind::MaterializedView, None), Grade::Ok);
    }
}
