//! `prepared-transactions`
//!
//! **What:** transactions that were prepared (two-phase commit) and neither committed nor rolled back, and
//! the age of the oldest.
//! **Why it hurts:** they keep their locks and hold back vacuum, also over restarts, and no session shows
//! them.
//! **Threshold:** one second is a warning, thirty are critical. Source: `check_postgres` (`prepared_txns`).
//! **Remedy:** ask the transaction manager; else end them by hand, and set `max_prepared_transactions` to 0
//! where nobody needs them.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising};
use crate::database::parts;
use crate::wording::seconds;

const WARNING_S: f64 = 1.0;
const CRITICAL_S: f64 = 30.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "prepared-transactions",
    area: CheckArea::Connections,
    weight: 2.0,
    summary: "prepared transactions that nobody ended",
    reads: "pg_prepared_xacts",
    threshold: "one second is a warning, thirty are critical",
    source: "check_postgres (prepared_txns)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::counters(evidence)?;
    let (count, oldest_s) = (counters.prepared_transactions, counters.oldest_prepared_s.unwrap_or(0.0));
    let severity = if count == 0 { None } else { rising(oldest_s, WARNING_S, CRITICAL_S) };
    let seen = match count {
        0 => "no prepared transaction waits to be ended".to_owned(),
        _ => format!("{count} prepared transactions wait to be ended, the oldest for {}", seconds(oldest_s)),
    };
    judged(
        severity,
        seen,
        "SELECT gid, prepared, owner FROM pg_prepared_xacts ORDER BY prepared; then COMMIT PREPARED or \
         ROLLBACK PREPARED with the gid, as the transaction manager says",
        &[("prepared_count", count as f64), ("oldest_s", oldest_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(count: u64, oldest_s: f64) -> Grade {
        let change = |counters: &mut aforo_model::database::DatabaseCounters| {
            counters.prepared_transactions = count;
            counters.oldest_prepared_s = Some(oldest_s);
        };
        Fixture::healthy().with_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_age_of_the_oldest_is_graded() {
        assert_eq!(
            [at(0, 99.0), at(1, 0.9), at(1, 1.0), at(1, 30.0)],
            [Grade::Ok, Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }
}
