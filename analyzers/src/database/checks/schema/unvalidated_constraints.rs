//! `unvalidated-constraints`
//!
//! **What:** constraints added `NOT VALID` and never validated.
//! **Why it hurts:** rows from before may break them, and the planner does not rely on them.
//! **Threshold:** any is a warning. Source: `PgHero`.
//! **Remedy:** `ALTER TABLE … VALIDATE CONSTRAINT`, which lets writes go on.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "unvalidated-constraints",
    area: CheckArea::Schema,
    weight: 1.0,
    summary: "constraints that old rows need not meet",
    reads: "pg_constraint.convalidated",
    threshold: "any is a warning",
    source: "PgHero",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let constraints = &parts::catalog(evidence)?.constraints;
    let outstanding = constraints.iter().filter(|constraint| !constraint.is_validated).map(|constraint| {
        let (table, name) = (quoted(&constraint.table), aforo_sql::quote_identifier(&constraint.name));
        about_table(
            &constraint.table,
            Severity::Warning,
            format!("constraint {name} of {table} was never validated"),
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};"),
            &[],
        )
    });
    those_or_fine(outstanding.collect(), format!("each of {} constraints is validated", constraints.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn one_that_was_never_validated_is_warned_of() {
        let of = |is_validated| {
            let change = |evidence: &mut DatabaseEvidence| {
                evidence.catalog.as_mut().unwrap().constraints[0].is_validated = is_validated;
            };
            Fixture::healthy().with(change)
        };
        assert_eq!(
            [true, false].map(|is_validated| of(is_validated).grade(&CHECK)),
            [Grade::Ok, Grade::Warning]
        );
    }
}
