//! `idle-in-transaction-share`
//!
//! **What:** sightings of sessions that were idle inside a transaction, as a share of all that were inside
//! one or at work.
//! **Why it hurts:** connections and locks are held while the application does something else: a pool runs
//! dry long before the server is busy.
//! **Threshold:** half is a warning. Source: ours; peers count such sessions at one moment.
//! **Remedy:** take the connection late, give it back early, and talk to other services outside of
//! transactions.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::parts;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.5;
const SMALLEST_COUNT: f64 = 100.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "idle-in-transaction-share",
    area: CheckArea::Waits,
    weight: 2.0,
    summary: "transactions that wait for the application",
    reads: "pg_stat_activity.state, sampled",
    threshold: "half is a warning",
    source: "ours; peers count such sessions at one moment",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let states = &parts::activity(evidence)?.states;
    let sightings_of = |is_it: fn(&str) -> bool| {
        states.iter().filter(|group| is_it(&group.state)).map(|group| group.sightings as f64).sum::<f64>()
    };
    let idle = sightings_of(|state| state.starts_with("idle in transaction"));
    let all = idle + sightings_of(|state| state == "active");
    if all < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("only {all} sightings of sessions at work, of {SMALLEST_COUNT} that are needed"),
            "watch the database while load runs: `aforo run`",
        ));
    }
    judged(
        warning_if(idle / all >= WARNING_RATIO),
        format!(
            "sessions in a transaction or at work were idle in {} of {all} sightings",
            percent(idle / all)
        ),
        "take the connection late and give it back early; talk to other services outside of transactions",
        &[("idle_in_transaction_ratio", idle / all), ("sighting_count", all)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn states(idle: u64, active: u64) -> Grade {
        let group = |state: &str, sightings| aforo_model::database::SessionGroup {
            state: state.to_owned(),
            sightings,
        };
        let states = vec![group("idle in transaction", idle), group("active", active), group("idle", 10_000)];
        Fixture::healthy().with_activity(|activity| activity.states = states).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_enough_was_seen() {
        assert_eq!(
            [states(499, 501), states(500, 500), states(99, 0)],
            [Grade::Ok, Grade::Warning, Grade::Skipped]
        );
    }
}
