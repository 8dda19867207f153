//! `log-statement`
//!
//! **What:** which statements are written to the log whatever they cost.
//! **Why it hurts:** it is a line for each request or more, with the data in it, on the disk that serves the
//! database.
//! **Threshold:** all or mod is a warning. Source: postgresqltuner.
//! **Remedy:** ddl; for auditing, the extension pgaudit.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-statement",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "every statement is written to the log",
    reads: "log_statement",
    threshold: "all or mod is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let which = settings::word(evidence, "log_statement")?;
    judged(
        warning_if(matches!(which, "all" | "mod")),
        format!("log_statement is {which}"),
        remedies::set("log_statement", "ddl"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn all_and_mod_are_warned_of() {
        let at = |value| Fixture::healthy().with_setting("log_statement", value).grade(&CHECK);
        assert_eq!(
            ["none", "ddl", "mod", "all"].map(at),
            [Grade::Ok, Grade::Ok, Grade::Warning, Grade::Warning]
        );
    }
}
