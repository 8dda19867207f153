//! `deadlocks`
//!
//! **What:** deadlocks since the last reset.
//! **Why it hurts:** each is a transaction that Postgres ended with an error, after `deadlock_timeout` of
//! waiting by both.
//! **Threshold:** any is a warning, one an hour is critical. Source: ours.
//! **Remedy:** lock rows in the same order everywhere; the log of the server names both statements.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, critical_if, judged, warning_if};
use crate::database::parts;

const CRITICAL_PER_HOUR: f64 = 1.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "deadlocks",
    area: CheckArea::Cache,
    weight: 2.0,
    summary: "transactions that blocked each other for good",
    reads: "pg_stat_database.deadlocks, stats_reset",
    threshold: "any is a warning, one an hour is critical",
    source: "ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::counters(evidence)?;
    let deadlocks = counters.deadlocks as f64;
    let hours = counters.reset_at.map(|reset_at| (evidence.read_at - reset_at).as_seconds_f64() / 3600.0);
    // Below an hour there is no rate: one deadlock a minute after a reset would be sixty an hour.
    let per_hour = hours.filter(|hours| *hours >= 1.0).map_or(0.0, |hours| deadlocks / hours);
    let since = hours.map_or_else(String::new, |hours| format!(" in {hours:.1} hours"));
    judged(
        critical_if(per_hour >= CRITICAL_PER_HOUR).or(warning_if(deadlocks > 0.0)),
        format!("{deadlocks} deadlocks were counted{since}"),
        "lock rows in the same order everywhere, for example SELECT … ORDER BY id FOR UPDATE before \
         changing them; the log of the server names both statements of each",
        &[("deadlock_count", deadlocks), ("deadlocks_per_hour", per_hour)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(deadlocks: u64) -> Fixture {
        // The counters of the fixture are 720 hours old.
        Fixture::healthy().with_counters(|counters| counters.deadlocks = deadlocks)
    }

    #[test]
    fn any_is_warned_of_and_one_an_hour_is_critical() {
        assert_eq!(
            [0, 1, 719, 720].map(|count| of(count).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Warning, Grade::Critical]
        );
    }

    #[test]
    fn a_fresh_counter_gives_no_rate() {
        let fresh =
            of(1).with(|evidence| evidence.counters.as_mut().unwrap().reset_at = Some(evidence.read_at));
        assert_eq!(fresh.grade(&CHECK), Grade::Warning);
    }
}
