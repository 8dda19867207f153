//! `idle-in-transaction`
//!
//! **What:** sessions that have been idle inside a transaction, and whether others wait for them.
//! **Why it hurts:** it keeps its locks, and vacuum may not remove what has died since it began.
//! **Threshold:** five minutes is a warning; a minute while others wait for it is critical. Source: `PgHero`
//! counts them (100 are too many), `check_postgres` leaves the time to its user; the times are ours.
//! **Remedy:** end them, and find where the application leaves transactions open; bound them with
//! `idle_in_transaction_session_timeout`.

use aforo_model::Severity;
use aforo_model::database::{CheckArea, DatabaseEvidence, SessionFacts};

use crate::database::check::{CheckReading, DatabaseCheck, about, critical_if, those_or_fine, warning_if};
use crate::database::parts;
use crate::wording::seconds;

const LONGEST_S: f64 = 300.0;
const LONGEST_BLOCKING_S: f64 = 60.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "idle-in-transaction",
    area: CheckArea::Connections,
    weight: 3.0,
    summary: "transactions left open by sessions that do nothing",
    reads: "pg_stat_activity.state, state_change, pg_blocking_pids()",
    threshold: "five minutes is a warning; a minute while others wait for it is critical",
    source: "PgHero counts them (100 are too many), check_postgres leaves the time to its user; the times are \
        ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sessions = parts::sessions(evidence)?;
    let outstanding = sessions.iter().filter_map(|session| {
        let waiting = sessions.iter().filter(|other| other.blocked_by.contains(&session.pid)).count();
        let idle_s = idle_in_transaction_s(session)?;
        let severity = severity(idle_s, waiting)?;
        Some(about(
            "session",
            &session.pid.to_string(),
            severity,
            format!(
                "session {} of {} has been idle in a transaction for {}, and {waiting} others wait for it",
                session.pid,
                session.role.as_deref().unwrap_or("an unknown role"),
                seconds(idle_s)
            ),
            format!(
                "SELECT pg_terminate_backend({}); and find where {} leaves its transaction open",
                session.pid,
                session
                    .application_name
                    .as_deref()
                    .filter(|name| !name.is_empty())
                    .unwrap_or("the application")
            ),
            &[("idle_s", idle_s), ("waiting_count", waiting as f64)],
        ))
    });
    those_or_fine(outstanding.collect(), "no session is idle in a transaction for long")
}

fn idle_in_transaction_s(session: &SessionFacts) -> Option<f64> {
    let is_idle = session.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"));
    is_idle.then_some(session.state_s).flatten()
}

fn severity(idle_s: f64, waiting: usize) -> Option<Severity> {
    critical_if(waiting > 0 && idle_s >= LONGEST_BLOCKING_S).or(warning_if(idle_s >= LONGEST_S))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn idle_for(idle_s: f64, state: &str, is_waited_for: bool) -> Grade {
        let fixture = Fixture::healthy().with_session(|session| {
            session.state = Some(state.to_owned());
            session.state_s = Some(idle_s);
        });
        let fixture = fixture.with(|evidence| {
            if is_waited_for {
                evidence.sessions.as_mut().unwrap()[1].blocked_by.push(100);
            }
        });
        fixture.grade(&CHECK)
    }

    #[test]
    fn long_idleness_is_warned_of_and_shorter_is_critical_where_others_wait() {
        let state = "idle in transaction (aborted)";
        assert_eq!(idle_for(299.0, state, false), Grade::Ok);
        assert_eq!(idle_for(300.0, state, false), Grade::Warning);
        assert_eq!(idle_for(59.0, state, true), Grade::Ok);
        assert_eq!(idle_for(60.0, state, true), Grade::Critical);
        assert_eq!(idle_for(3600.0, "idle", true), Grade::Ok, "outside of a transaction it holds nothing");
    }
}
