//! `autovacuum-off`
//!
//! **What:** whether autovacuum runs; it needs `track_counts`, too.
//! **Why it hurts:** tables and indexes grow without end, plans rest on old statistics, and in the end the
//! server refuses to write.
//! **Threshold:** off is critical. Source: postgresqltuner.
//! **Remedy:** on, and `VACUUM (ANALYZE)` once.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, critical_if, judged};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "autovacuum-off",
    area: CheckArea::Vacuum,
    weight: 8.0,
    summary: "nothing is vacuumed or analysed by itself",
    reads: "autovacuum, track_counts",
    threshold: "off is critical",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let (runs, counts) =
        (settings::is_on(evidence, "autovacuum")?, settings::is_on(evidence, "track_counts")?);
    judged(
        critical_if(!runs || !counts),
        match (runs, counts) {
            (true, true) => "autovacuum is on",
            (true, false) => "autovacuum is on, but track_counts is off, so it finds nothing to do",
            (false, _) => "autovacuum is off",
        },
        format!(
            "{} {} VACUUM (ANALYZE);",
            remedies::set("autovacuum", "on"),
            remedies::set("track_counts", "on")
        ),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn it_needs_both_settings() {
        let at = |name| Fixture::healthy().with_setting(name, "off").grade(&CHECK);
        assert_eq!(
            ["autovacuum", "track_counts", "jit"].map(at),
            [Grade::Critical, Grade::Critical, Grade::Ok]
        );
    }
}
