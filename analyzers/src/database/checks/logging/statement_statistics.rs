//! `statement-statistics`
//!
//! **What:** whether the extension `pg_stat_statements` is installed in the database, and counts.
//! **Why it hurts:** without it nobody knows which statements the time goes to, Aforo included.
//! **Threshold:** absent, or tracking none, is a warning. Source: postgresqltuner.
//! **Remedy:** load it and create it.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{remedies, settings};

const EXTENSION: &str = "pg_stat_statements";

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "statement-statistics",
    area: CheckArea::Logging,
    weight: 4.0,
    summary: "statements are not counted",
    reads: "pg_extension, pg_stat_statements.track",
    threshold: "absent, or tracking none, is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let server = &evidence.server;
    if server.extensions.is_empty() && server.available_extensions.is_empty() {
        return Err(Skip::new("which extensions there are was not read", "let the role read pg_extension"));
    }
    if !server.extensions.contains_key(EXTENSION) {
        return judged(
            warning_if(true),
            "the extension pg_stat_statements is not installed in this database",
            if evidence.settings.contains_key("pg_stat_statements.track") {
                "CREATE EXTENSION pg_stat_statements;".to_owned()
            } else {
                format!(
                    "{}; then CREATE EXTENSION pg_stat_statements; keep what else the setting already names",
                    remedies::set_and_restart("shared_preload_libraries", EXTENSION)
                )
            },
            &[],
        );
    }
    let track = settings::word(evidence, "pg_stat_statements.track")?;
    judged(
        warning_if(track == "none"),
        format!("pg_stat_statements is installed and tracks {track}"),
        remedies::set("pg_stat_statements.track", "top"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn absent_or_idle_it_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("pg_stat_statements.track", value).grade(&CHECK);
        assert_eq!(["top", "all", "none"].map(at), [Grade::Ok, Grade::Ok, Grade::Warning]);
        let absent = Fixture::healthy().with(|evidence| {
            evidence.server.extensions = [("plpgsql".to_owned(), "1.0".to_owned())].into();
        });
        assert_eq!(absent.grade(&CHECK), Grade::Warning);
        assert!(!absent.told_by(&CHECK).contains("shared_preload_libraries"), "it is loaded already");
        let not_loaded = absent.with(|evidence| {
            evidence.settings.remove("pg_stat_statements.track");
        });
        assert!(not_loaded.told_by(&CHECK).contains("shared_preload_libraries"));
    }
}
