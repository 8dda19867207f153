//! `blocking-chains`
//!
//! **What:** the longest wait for a lock that was seen while load was watched, and the most sessions that
//! waited for one head.
//! **Why it hurts:** all that wait behind it are requests that do not answer.
//! **Threshold:** a second is a warning, a minute is critical. Source: `deadlock_timeout` (1 s), from which
//! on Postgres itself logs a wait; `check_postgres` (a minute).
//! **Remedy:** see what the head does; nothing that waits for a person or another service belongs in a
//! transaction.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising};
use crate::database::{parts, remedies};
use crate::wording::seconds;

const WARNING_S: f64 = 1.0;
const CRITICAL_S: f64 = 60.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "blocking-chains",
    area: CheckArea::Waits,
    weight: 4.0,
    summary: "one session that keeps others waiting",
    reads: "pg_stat_activity, pg_blocking_pids(), sampled",
    threshold: "a second is a warning, a minute is critical",
    source: "`deadlock_timeout` (1 s), from which on Postgres itself logs a wait; check_postgres (a minute)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let chains = &parts::activity(evidence)?.blocking;
    let Some(longest) = chains.iter().max_by(|one, other| one.longest_s.total_cmp(&other.longest_s)) else {
        return judged(None, "no session was seen waiting for another", "", &[("longest_s", 0.0)]);
    };
    judged(
        rising(longest.longest_s, WARNING_S, CRITICAL_S),
        format!(
            "{} chains of sessions that wait for each other were seen; the longest wait was {}, and up to \
             {} waited for one head, which was {}",
            chains.len(),
            seconds(longest.longest_s),
            longest.widest,
            longest.blocker_state.as_deref().unwrap_or("in an unknown state")
        ),
        format!(
            "make the transaction at the head shorter, and bound what others bear: {}",
            remedies::set("lock_timeout", "5s")
        ),
        &[("longest_s", longest.longest_s), ("widest_count", longest.widest as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn chain(longest_s: f64) -> Grade {
        let chain = serde_json::json!({ "sightings": 1, "longest_s": longest_s, "widest": 3 });
        let chain = serde_json::from_value(chain).unwrap();
        Fixture::healthy().with_activity(|activity| activity.blocking.push(chain)).grade(&CHECK)
    }

    #[test]
    fn the_longest_wait_is_graded() {
        assert_eq!([0.9, 1.0, 60.0].map(chain), [Grade::Ok, Grade::Warning, Grade::Critical]);
    }
}
