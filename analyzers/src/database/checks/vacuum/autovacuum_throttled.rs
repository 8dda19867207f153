//! `autovacuum-throttled`
//!
//! **What:** how long autovacuum sleeps after how much work; -1 stands for the settings of vacuum by hand.
//! **Why it hurts:** a large table takes days, and is out of date when it is done.
//! **Threshold:** a sleep of 20 ms or more, or a limit below 200, is a warning. Source: the defaults: 2 ms
//! from 12 on (20 ms before), and 200.
//! **Remedy:** 2 ms and a limit of 2000 suit solid-state disks.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

const LONGEST_MS: f64 = 20.0;
const SMALLEST_LIMIT: f64 = 200.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "autovacuum-throttled",
    area: CheckArea::Vacuum,
    weight: 1.0,
    summary: "autovacuum sleeps more than it works",
    reads: "autovacuum_vacuum_cost_delay, autovacuum_vacuum_cost_limit, vacuum_cost_limit",
    threshold: "a sleep of 20 ms or more, or a limit below 200, is a warning",
    source: "the defaults: 2 ms from 12 on (20 ms before), and 200",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let delay_ms = settings::milliseconds(evidence, "autovacuum_vacuum_cost_delay")?;
    let own_limit = settings::number(evidence, "autovacuum_vacuum_cost_limit")?;
    let limit = if own_limit < 0.0 { settings::number(evidence, "vacuum_cost_limit")? } else { own_limit };
    judged(
        warning_if(delay_ms >= LONGEST_MS || limit < SMALLEST_LIMIT),
        format!("autovacuum sleeps {delay_ms} ms after each {limit} points of work"),
        format!(
            "{} {}",
            remedies::set("autovacuum_vacuum_cost_delay", "2ms"),
            remedies::set("autovacuum_vacuum_cost_limit", "2000")
        ),
        &[("delay_ms", delay_ms), ("cost_limit", limit)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn long_sleeps_and_small_limits_are_warned_of() {
        let at = |name, value| Fixture::healthy().with_setting(name, value).grade(&CHECK);
        assert_eq!(
            ["19", "20"].map(|value| at("autovacuum_vacuum_cost_delay", value)),
            [Grade::Ok, Grade::Warning]
        );
        assert_eq!(
            ["199", "200"].map(|value| at("autovacuum_vacuum_cost_limit", value)),
            [Grade::Warning, Grade::Ok]
        );
        assert_eq!(at("vacuum_cost_limit", "199"), Grade::Warning, "-1 stands for it");
    }
}
