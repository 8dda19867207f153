//! `long-statements`
//!
//! **What:** how long the statements that are running have been running.
//! **Why it hurts:** they keep their locks, a connection and a core, and what they read they push others'
//! pages out for.
//! **Threshold:** a minute is a warning, an hour is critical. Source: a minute is `PgHero`'s long-running
//! query; an hour is ours.
//! **Remedy:** see the plan with `aforo analyze`; end it where nobody waits for its answer;
//! `statement_timeout` for the role.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, rising, those_or_fine};
use crate::database::parts;
use crate::wording::seconds;

const WARNING_S: f64 = 60.0;
const CRITICAL_S: f64 = 3600.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "long-statements",
    area: CheckArea::Connections,
    weight: 2.0,
    summary: "statements that run for long",
    reads: "pg_stat_activity.query_start, state",
    threshold: "a minute is a warning, an hour is critical",
    source: "a minute is PgHero's long-running query; an hour is ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let active =
        parts::sessions(evidence)?.iter().filter(|session| session.state.as_deref() == Some("active"));
    let outstanding = active.filter_map(|session| {
        let statement_s = session.statement_s?;
        let severity = rising(statement_s, WARNING_S, CRITICAL_S)?;
        Some(about(
            "session",
            &session.pid.to_string(),
            severity,
            format!("the statement of session {} has been running for {}", session.pid, seconds(statement_s)),
            format!(
                "SELECT pg_cancel_backend({}); where nobody waits for its answer, and set statement_timeout \
                 for its role",
                session.pid
            ),
            &[("statement_s", statement_s)],
        ))
    });
    those_or_fine(outstanding.collect(), "no statement has been running for a minute")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn running_for(statement_s: f64) -> Fixture {
        Fixture::healthy().with_session(|session| session.statement_s = Some(statement_s))
    }

    #[test]
    fn the_time_is_graded() {
        let grades = [59.0, 60.0, 3600.0].map(|time_s| running_for(time_s).grade(&CHECK));
        assert_eq!(grades, [Grade::Ok, Grade::Warning, Grade::Critical]);
    }

    #[test]
    fn an_idle_session_runs_nothing() {
        let idle = running_for(9999.0).with_session(|session| session.state = Some("idle".to_owned()));
        assert_eq!(idle.grade(&CHECK), Grade::Ok);
    }
}
