//! How lean Aforo wants to be.

use serde::Serialize;

use crate::summary::{Summary, find};

/// What a goal is about, and how far it may go.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// Aforo's CPU per request is at most this multiple of a peer's.
    CpuTimes(&'static str, f64),
    /// Each user of Aforo takes at most these bytes.
    BytesPerUser(f64),
}

/// One goal.
#[derive(Debug, Clone, Copy)]
struct Goal {
    users: u32,
    limit: Limit,
}

/// The goals for the load engine. The bounds stand for themselves: they are what was decided, not measured.
const GOALS: [Goal; 8] = [
    Goal { users: 32, limit: Limit::CpuTimes("wrk", 1.5) },
    Goal { users: 32, limit: Limit::CpuTimes("oha", 1.0) },
    Goal { users: 32, limit: Limit::CpuTimes("stock_goose", 0.35) },
    Goal { users: 32, limit: Limit::CpuTimes("k6", 0.13) },
    Goal { users: 32, limit: Limit::CpuTimes("locust_fast", 0.08) },
    Goal { users: 1_000, limit: Limit::CpuTimes("wrk", 2.5) },
    Goal { users: 1_000, limit: Limit::BytesPerUser(60_000.0) },
    Goal { users: 5_000, limit: Limit::BytesPerUser(60_000.0) },
];

/// Whether a goal was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GoalOutcome {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// Nobody can tell: a peer was missing, or a case.
    NotMeasured,
}

/// A goal with what was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct GoalResult {
    /// What it says.
    pub(crate) goal: String,
    /// What may be reached at most.
    pub(crate) limit: f64,
    /// What was reached, in the unit of the limit.
    pub(crate) value: Option<f64>,
    /// Whether that is enough.
    pub(crate) outcome: GoalOutcome,
}

impl Goal {
    fn judge(&self, summaries: &[Summary]) -> GoalResult {
        let users = self.users;
        let aforo = find(summaries, "aforo", users);
        let (goal, limit, value) = match self.limit {
            Limit::CpuTimes(peer, times) => {
                let theirs = find(summaries, peer, users).and_then(|summary| summary.cpu_s_per_million);
                let ours = aforo.and_then(|summary| summary.cpu_s_per_million);
                let goal = format!("CPU per request at {users} users, to {peer}");
                (goal, times, ours.zip(theirs).map(|(ours, theirs)| ours / theirs))
            }
            Limit::BytesPerUser(bytes) => {
                let goal = format!("bytes of memory per user at {users} users");
                (goal, bytes, aforo.and_then(|summary| summary.rss_bytes_per_user))
            }
        };
        let outcome = match value {
            None => GoalOutcome::NotMeasured,
            Some(value) if value <= limit => GoalOutcome::Met,
            Some(_) => GoalOutcome::Missed,
        };
        GoalResult { goal, limit, value, outcome }
    }
}

/// Every goal with what was measured.
pub(crate) fn judge(summaries: &[Summary]) -> Vec<GoalResult> {
    GOALS.iter().map(|goal| goal.judge(summaries)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::CASES;
    use crate::measurement::tests::measured;
    use crate::peers::PEERS;
    use crate::summary::summarize;

    #[test]
    fn goals_are_about_cases_and_peers_that_are_measured() {
        for Goal { users, limit } in GOALS {
            let case = CASES.iter().find(|case| case.users == users).unwrap();
            assert!(case.includes("aforo"));
            if let Limit::CpuTimes(peer, _) = limit {
                assert!(PEERS.iter().any(|each| each.name == peer) && case.includes(peer), "{peer}");
            }
        }
    }

    #[test]
    fn a_goal_is_met_up_to_its_limit_and_missed_above() {
        let outcome_at = |cpu_s| {
            let rounds = [measured("aforo", 32, 1_000_000, cpu_s, 0), measured("wrk", 32, 1_000_000, 4.0, 0)];
            judge(&summarize(&rounds))[0].outcome
        };
        assert_eq!(outcome_at(6.0), GoalOutcome::Met);
        assert_eq!(outcome_at(6.1), GoalOutcome::Missed);
    }

    #[test]
    fn without_a_measurement_no_goal_is_met() {
        assert!(judge(&[]).iter().all(|result| result.outcome == GoalOutcome::NotMeasured));
    }
}
