//! `fsync-off`
//!
//! **What:** whether Postgres waits until the disk has what was written.
//! **Why it hurts:** after a crash of the machine the database may be beyond repair, without anybody
//! noticing.
//! **Threshold:** off is critical. Source: postgresqltuner; the manual.
//! **Remedy:** on. Where the speed was wanted, `synchronous_commit = off` loses the last transactions at
//! worst, never the database.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, critical_if, judged};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "fsync-off",
    area: CheckArea::Wal,
    weight: 8.0,
    summary: "writes that are never forced to disk",
    reads: "fsync",
    threshold: "off is critical",
    source: "postgresqltuner; the manual",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_on = settings::is_on(evidence, "fsync")?;
    judged(
        critical_if(!is_on),
        if is_on { "fsync is on" } else { "fsync is off: a crash of the machine can destroy the database" },
        remedies::set("fsync", "on"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_off_is_critical() {
        let at = |value| Fixture::healthy().with_setting("fsync", value).grade(&CHECK);
        assert_eq!(["on", "off"].map(at), [Grade::Ok, Grade::Critical]);
    }
}
