//! `active-connections`
//!
//! **What:** sessions that were at work at once: the most that was seen while load was watched, else those at
//! the time of reading.
//! **Why it hurts:** more sessions at work than cores wait for each other, and every one of them gets slower.
//! **Threshold:** more than 20 is a warning, 100 is critical. Source: the alerts the hotel's operations work
//! with (R5.6, R7.5).
//! **Remedy:** bound the pools, about two to three sessions for each core, and make the statements that run
//! most shorter.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, rising};
use crate::database::parts;

const WARNING_COUNT: f64 = 21.0;
const CRITICAL_COUNT: f64 = 100.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "active-connections",
    area: CheckArea::Connections,
    weight: 2.0,
    summary: "many sessions at work at once",
    reads: "pg_stat_activity, sampled where load was watched",
    threshold: "more than 20 is a warning, 100 is critical",
    source: "the alerts the hotel's operations work with (R5.6, R7.5)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let (count, when) = match &evidence.activity {
        Some(activity) => (activity.peak_active_sessions, "at the peak"),
        None => {
            let is_active = |state: &Option<String>| state.as_deref() == Some("active");
            let active = parts::sessions(evidence)?.iter().filter(|session| is_active(&session.state));
            (active.count() as u64, "at the time of reading")
        }
    };
    let pool = evidence.server.host_core_count.map_or_else(
        || "two to three sessions for each core".to_owned(),
        |cores| format!("about {} sessions on these {cores} cores", cores.saturating_mul(3)),
    );
    judged(
        rising(count as f64, WARNING_COUNT, CRITICAL_COUNT),
        format!("{count} sessions were at work at once {when}"),
        format!(
            "bound the pools of the applications to {pool}, and make the statements that run most shorter"
        ),
        &[("active_count", count as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn at(peak: u64) -> Grade {
        Fixture::healthy().with_activity(|activity| activity.peak_active_sessions = peak).grade(&CHECK)
    }

    #[test]
    fn the_peak_is_graded() {
        assert_eq!([20, 21, 100].map(at), [Grade::Ok, Grade::Warning, Grade::Critical]);
    }

    #[test]
    fn without_a_watch_the_sessions_at_work_are_counted() {
        let unwatched = Fixture::healthy().with(|evidence| evidence.activity = None);
        assert!(unwatched.told_by(&CHECK).contains("2 sessions were at work at once at the time of reading"));
    }
}
