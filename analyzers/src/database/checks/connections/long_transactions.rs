//! `long-transactions`
//!
//! **What:** how long the transactions that are open have been open, whatever they do.
//! **Why it hurts:** vacuum may remove nothing that died since the oldest of them began, in any table; its
//! locks are kept, too.
//! **Threshold:** five minutes is a warning, an hour is critical. Source: `check_postgres` leaves the times
//! to its user; these are ours.
//! **Remedy:** shorter transactions: nothing that waits for a person or for another service belongs in one.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, rising, those_or_fine};
use crate::database::parts;
use crate::wording::seconds;

const WARNING_S: f64 = 300.0;
const CRITICAL_S: f64 = 3600.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "long-transactions",
    area: CheckArea::Connections,
    weight: 3.0,
    summary: "transactions that stay open for long",
    reads: "pg_stat_activity.xact_start",
    threshold: "five minutes is a warning, an hour is critical",
    source: "check_postgres leaves the times to its user; these are ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let outstanding = parts::sessions(evidence)?.iter().filter_map(|session| {
        let transaction_s = session.transaction_s?;
        let severity = rising(transaction_s, WARNING_S, CRITICAL_S)?;
        let state = session.state.as_deref().unwrap_or("in an unknown state");
        Some(about(
            "session",
            &session.pid.to_string(),
            severity,
            format!(
                "the transaction of session {} ({state}) has been open for {}",
                session.pid,
                seconds(transaction_s)
            ),
            format!(
                "commit in smaller steps, and keep waiting for people and other services out of \
                 transactions; this one ends with SELECT pg_terminate_backend({});",
                session.pid
            ),
            &[("transaction_s", transaction_s)],
        ))
    });
    those_or_fine(outstanding.collect(), "no transaction has been open for five minutes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn the_time_is_graded() {
        let at = |time_s| {
            Fixture::healthy().with_session(|session| session.transaction_s = Some(time_s)).grade(&CHECK)
        };
        assert_eq!([299.0, 300.0, 3600.0].map(at), [Grade::Ok, Grade::Warning, Grade::Critical]);
    }
}
