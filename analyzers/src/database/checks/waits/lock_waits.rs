//! `lock-waits`
//!
//! **What:** sightings of active sessions that waited for a heavy lock (rows, tables, transactions), as a
//! share of all.
//! **Why it hurts:** more load then only makes the queue longer, whatever the machine can do.
//! **Threshold:** 10 % is a warning, 30 % is critical. Source: ours; `pg_activity`, pganalyze and
//! `pg_wait_sampling` show the shares without a threshold.
//! **Remedy:** shorter transactions; counters and stock in rows of their own; `SKIP LOCKED` for queues.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck};

use super::shares;

const WARNING_RATIO: f64 = 0.10;
const CRITICAL_RATIO: f64 = 0.30;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "lock-waits",
    area: CheckArea::Waits,
    weight: 4.0,
    summary: "sessions that wait for locks of others",
    reads: "pg_stat_activity.wait_event_type, sampled",
    threshold: "10 % is a warning, 30 % is critical",
    source: "ours; pg_activity, pganalyze and pg_wait_sampling show the shares without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    shares::judged_of_type(
        evidence,
        "Lock",
        [WARNING_RATIO, CRITICAL_RATIO],
        "make transactions shorter, take the lock as late in them as can be, spread rows that everybody \
         changes, and read queues with FOR UPDATE SKIP LOCKED",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::database::Grade;

    fn waiting(waits: u64, others: u64) -> Grade {
        shares::grade_of(&CHECK, "Lock", waits, others)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_seen() {
        assert_eq!(
            [waiting(99, 901), waiting(100, 900), waiting(300, 700), waiting(99, 0)],
            [Grade::Ok, Grade::Warning, Grade::Critical, Grade::Skipped]
        );
    }
}
