//! `synchronous-commit-off`
//!
//! **What:** whether a commit waits for its log record to be on disk.
//! **Why it hurts:** what was answered with success in the last half second may be gone after a crash; a
//! booking may be lost.
//! **Threshold:** off is a warning. Source: postgresqltuner.
//! **Remedy:** on for the server; off only for the transactions that may be lost: `SET LOCAL
//! synchronous_commit = off`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "synchronous-commit-off",
    area: CheckArea::Wal,
    weight: 2.0,
    summary: "commits that a crash can undo",
    reads: "synchronous_commit",
    threshold: "off is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let level = settings::word(evidence, "synchronous_commit")?;
    judged(
        warning_if(level == "off"),
        format!("synchronous_commit is {level}"),
        format!(
            "{} and SET LOCAL synchronous_commit = off in the transactions that may be lost",
            remedies::set("synchronous_commit", "on")
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
    fn only_off_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("synchronous_commit", value).grade(&CHECK);
        assert_eq!(
            ["on", "local", "remote_apply", "off"].map(at),
            [Grade::Ok, Grade::Ok, Grade::Ok, Grade::Warning]
        );
    }
}
