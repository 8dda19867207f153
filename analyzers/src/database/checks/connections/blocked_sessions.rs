//! `blocked-sessions`
//!
//! **What:** sessions that wait for a lock that another session holds, how many, and for how long.
//! **Why it hurts:** a request waits with each of them, and behind a waiting `ALTER TABLE` everything queues.
//! **Threshold:** more than five of them, or one for a minute, is a warning; one for two minutes is critical.
//! Source: pgedge (five sessions), `check_postgres` (locks waited for one and two minutes).
//! **Remedy:** end what stands at the head; shorter transactions; `lock_timeout` for migrations.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising, warning_if};
use crate::database::parts;
use crate::wording::seconds;

const WARNING_S: f64 = 60.0;
const CRITICAL_S: f64 = 120.0;
const HIGHEST_COUNT: usize = 5;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "blocked-sessions",
    area: CheckArea::Connections,
    weight: 3.0,
    summary: "sessions that wait for locks",
    reads: "pg_blocking_pids(), pg_stat_activity.state_change",
    threshold: "more than five of them, or one for a minute, is a warning; one for two minutes is critical",
    source: "pgedge (five sessions), check_postgres (locks waited for one and two minutes)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let sessions = parts::sessions(evidence)?;
    let blocked: Vec<_> = sessions.iter().filter(|session| !session.blocked_by.is_empty()).collect();
    let longest_s = blocked.iter().filter_map(|session| session.state_s).fold(0.0, f64::max);
    // Those whom somebody waits for, and who wait for nobody.
    let mut heads: Vec<_> = blocked
        .iter()
        .flat_map(|session| &session.blocked_by)
        .filter(|pid| !blocked.iter().any(|session| session.pid == **pid))
        // Postgres gives 0 for a transaction that is prepared, which has no session.
        .map(|pid| if *pid == 0 { "a prepared transaction".to_owned() } else { format!("session {pid}") })
        .collect();
    heads.sort();
    heads.dedup();
    let seen = match blocked.len() {
        0 => "no session waits for a lock".to_owned(),
        count => {
            format!(
                "{count} sessions wait for locks, the longest for {}, held by {}",
                seconds(longest_s),
                heads.join(", ")
            )
        }
    };
    judged(
        rising(longest_s, WARNING_S, CRITICAL_S).or(warning_if(blocked.len() > HIGHEST_COUNT)),
        seen,
        format!(
            "end what stands at the head, {}, with SELECT pg_terminate_backend(…); make transactions \
             shorter, and set lock_timeout for migrations",
            heads.join(", ")
        ),
        &[("blocked_count", blocked.len() as f64), ("longest_s", longest_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn blocked(count: usize, waiting_s: f64) -> Fixture {
        Fixture::healthy().with(|evidence| {
            for session in &mut evidence.sessions.as_mut().unwrap()[1..=count] {
                session.blocked_by = vec![session.pid - 1];
                session.state_s = Some(waiting_s);
            }
        })
    }

    #[test]
    fn the_longest_and_the_number_are_graded() {
        assert_eq!(blocked(5, 59.0).grade(&CHECK), Grade::Ok);
        assert_eq!(blocked(6, 1.0).grade(&CHECK), Grade::Warning);
        assert_eq!(blocked(1, 60.0).grade(&CHECK), Grade::Warning);
        assert_eq!(blocked(1, 120.0).grade(&CHECK), Grade::Critical);
    }

    #[test]
    fn only_the_head_of_a_chain_is_to_be_ended() {
        assert!(blocked(6, 1.0).told_by(&CHECK).contains("at the head, session 100, with"));
    }
}
