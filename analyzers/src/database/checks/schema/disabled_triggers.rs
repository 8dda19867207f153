//! `disabled-triggers`
//!
//! **What:** triggers of tables that are disabled, those behind foreign keys included.
//! **Why it hurts:** what they keep true (references, audit, derived columns) is no longer kept.
//! **Threshold:** any is a warning. Source: `check_postgres` (`disabled_triggers`).
//! **Remedy:** `ALTER TABLE … ENABLE TRIGGER`, after the rows written meanwhile were looked at.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "disabled-triggers",
    area: CheckArea::Schema,
    weight: 2.0,
    summary: "triggers that are switched off",
    reads: "pg_trigger.tgenabled",
    threshold: "any is a warning",
    source: "check_postgres (disabled_triggers)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let tables = &parts::catalog(evidence)?.tables;
    let outstanding = tables.iter().filter(|table| !table.disabled_triggers.is_empty()).map(|table| {
        let name = quoted(&table.name);
        let enable = |trigger: &String| {
            format!("ALTER TABLE {name} ENABLE TRIGGER {};", aforo_sql::quote_identifier(trigger))
        };
        let remedies: Vec<_> = table.disabled_triggers.iter().map(enable).collect();
        about_table(
            &table.name,
            Severity::Warning,
            format!("triggers of {name} are switched off: {}", table.disabled_triggers.join(", ")),
            format!("look at the rows written meanwhile, then {}", remedies.join(" ")),
            &[("trigger_count", table.disabled_triggers.len() as f64)],
        )
    });
    those_or_fine(outstanding.collect(), "no trigger is switched off")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn one_is_warned_of() {
        let off = Fixture::healthy().with_table(|table| table.disabled_triggers.push("audit".to_owned()));
        assert_eq!(off.grade(&CHECK), Grade::Warning);
        assert!(off.told_by(&CHECK).contains(r#"ENABLE TRIGGER \"audit\";"#));
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }
}
