//! `lwlock-waits`
//!
//! **What:** sightings of active sessions that waited for a light lock (buffers, log, lock tables), as a
//! share of all.
//! **Why it hurts:** many sessions fight over one structure inside Postgres; more of them make it worse.
//! **Threshold:** 20 % is a warning, 50 % is critical. Source: ours; `pg_activity`, pganalyze and
//! `pg_wait_sampling` show the shares without a threshold.
//! **Remedy:** fewer sessions at once; the name of the wait says which structure.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};

use super::shares;

const WARNING_RATIO: f64 = 0.20;
const CRITICAL_RATIO: f64 = 0.50;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "lwlock-waits",
    area: CheckArea::Waits,
    weight: 2.0,
    summary: "sessions that wait for structures of the server",
    reads: "pg_stat_activity.wait_event_type, sampled",
    threshold: "20 % is a warning, 50 % is critical",
    source: "ours; pg_activity, pganalyze and pg_wait_sampling show the shares without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    shares::judged_of_type(
        evidence,
        "LWLock",
        [WARNING_RATIO, CRITICAL_RATIO],
        "bound the pools; WALWrite and WALInsert mean too many small commits, LockManager too many \
         partitions or indexes for each statement, BufferMapping too small shared buffers",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::database::Grade;

    fn waiting(waits: u64, others: u64) -> Grade {
        shares::grade_of(&CHECK, "LWLock", waits, others)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_seen() {
        assert_eq!(
            [waiting(199, 801), waiting(200, 800), waiting(500, 500), waiting(99, 0)],
            [Grade::Ok, Grade::Warning, Grade::Critical, Grade::Skipped]
        );
    }
}
