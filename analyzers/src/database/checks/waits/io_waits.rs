//! `io-waits`
//!
//! **What:** sightings of active sessions that waited for reading or writing, as a share of all.
//! **Why it hurts:** the disk sets the pace; more sessions make each of them slower.
//! **Threshold:** 30 % is a warning, 60 % is critical. Source: ours; `pg_activity`, pganalyze and
//! `pg_wait_sampling` show the shares without a threshold.
//! **Remedy:** fewer blocks to read (indexes), more memory, a faster disk; where it is `WALSync`, fewer
//! commits.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};

use super::shares;

const WARNING_RATIO: f64 = 0.30;
const CRITICAL_RATIO: f64 = 0.60;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "io-waits",
    area: CheckArea::Waits,
    weight: 3.0,
    summary: "sessions that wait for the disk",
    reads: "pg_stat_activity.wait_event_type, sampled",
    threshold: "30 % is a warning, 60 % is critical",
    source: "ours; pg_activity, pganalyze and pg_wait_sampling show the shares without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    shares::judged_of_type(
        evidence,
        "IO",
        [WARNING_RATIO, CRITICAL_RATIO],
        "where it is DataFileRead, give the statements that read most blocks an index, or the server more \
         memory; where it is WALSync, commit more work at once",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::database::Grade;

    fn waiting(waits: u64, others: u64) -> Grade {
        shares::grade_of(&CHECK, "IO", waits, others)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_seen() {
        assert_eq!(
            [waiting(299, 701), waiting(300, 700), waiting(600, 400), waiting(99, 0)],
            [Grade::Ok, Grade::Warning, Grade::Critical, Grade::Skipped]
        );
    }
}
