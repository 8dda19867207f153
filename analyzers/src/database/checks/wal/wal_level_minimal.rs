//! `wal-level-minimal`
//!
//! **What:** how much the write-ahead log holds.
//! **Why it hurts:** with `minimal` there is no standby, no base backup and no recovery to a point in time.
//! **Threshold:** minimal is a warning. Source: postgresqltuner.
//! **Remedy:** replica, as Postgres has it by itself.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "wal-level-minimal",
    area: CheckArea::Wal,
    weight: 1.0,
    summary: "a log that no standby and no backup can use",
    reads: "wal_level",
    threshold: "minimal is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let level = settings::word(evidence, "wal_level")?;
    judged(
        warning_if(level == "minimal"),
        format!("wal_level is {level}"),
        remedies::set_and_restart("wal_level", "replica"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_minimal_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("wal_level", value).grade(&CHECK);
        assert_eq!(["replica", "logical", "minimal"].map(at), [Grade::Ok, Grade::Ok, Grade::Warning]);
    }
}
