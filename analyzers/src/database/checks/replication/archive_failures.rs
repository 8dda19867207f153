//! `archive-failures`
//!
//! **What:** failures to archive a segment of the log since the last reset.
//! **Why it hurts:** the backup has a hole while it lasts, and the log piles up on the disk.
//! **Threshold:** any is a warning. Source: `check_postgres` watches the archive; any failure is ours.
//! **Remedy:** the log of the server says why `archive_command` failed.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, fine, judged, warning_if};
use crate::database::{parts, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "archive-failures",
    area: CheckArea::Replication,
    weight: 3.0,
    summary: "log that could not be archived",
    reads: "pg_stat_archiver.failed_count, archive_mode",
    threshold: "any is a warning",
    source: "check_postgres watches the archive; any failure is ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    if settings::word(evidence, "archive_mode")? == "off" {
        return fine("nothing is archived, so nothing failed", &[]);
    }
    let Some(failures) = parts::checkpoints(evidence)?.archive_failures else {
        return Err(Skip::new("the counters of the archive were not read", "GRANT pg_monitor TO the role"));
    };
    judged(
        warning_if(failures > 0),
        format!("{failures} times a segment of the log could not be archived"),
        "SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver; the log of the server says why \
         archive_command failed",
        &[("failure_count", failures as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn failed(failures: Option<u64>) -> Fixture {
        Fixture::healthy().with(|evidence| evidence.checkpoints.as_mut().unwrap().archive_failures = failures)
    }

    #[test]
    fn any_is_warned_of() {
        let grades = [Some(0), Some(1), None].map(|failures| failed(failures).grade(&CHECK));
        assert_eq!(grades, [Grade::Ok, Grade::Warning, Grade::Skipped]);
        assert_eq!(failed(None).with_setting("archive_mode", "off").grade(&CHECK), Grade::Ok);
    }
}
