//! `jit-time`
//!
//! **What:** time in just-in-time compilation as a share of the time in the executor, over all statements,
//! from 15 on.
//! **Why it hurts:** compiling a statement takes tens to hundreds of milliseconds, and pays only for those
//! that run for seconds.
//! **Threshold:** 10 % is a warning. Source: ours; no peer judges it.
//! **Remedy:** off for the role of the web application, or a higher `jit_above_cost`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, fine, judged, warning_if};
use crate::database::{parts, remedies, settings};
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.10;
const SMALLEST_EXEC_TIME_MS: f64 = 1000.0;
/// The first version whose `pg_stat_statements` counts it.
const COUNTED_FROM: u32 = 150_000;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "jit-time",
    area: CheckArea::Planner,
    weight: 1.0,
    summary: "time spent compiling statements",
    reads: "pg_stat_statements.jit_*, jit",
    threshold: "10 % is a warning",
    source: "ours; no peer judges it",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    if !settings::is_on(evidence, "jit")? {
        return fine("jit is off", &[]);
    }
    if evidence.server.version_number < COUNTED_FROM {
        return Err(Skip::new(
            "this version does not count the time spent compiling",
            "upgrade to Postgres 15 or later",
        ));
    }
    let counters = parts::statements(evidence)?.statements.iter().map(|statement| &statement.counters);
    let (exec_ms, jit_ms) = counters.fold((0.0, 0.0), |(exec_ms, jit_ms), counters| {
        (exec_ms + counters.exec_time_ms, jit_ms + counters.jit_time_ms)
    });
    if exec_ms < SMALLEST_EXEC_TIME_MS {
        return Err(Skip::new("statements ran for less than a second in all", "look again while load runs"));
    }
    judged(
        warning_if(jit_ms / exec_ms >= WARNING_RATIO),
        format!("{} of the time of statements was spent compiling them", percent(jit_ms / exec_ms)),
        format!("for a database of short statements: {}", remedies::set("jit", "off")),
        &[("jit_time_ms", jit_ms), ("exec_time_ms", exec_ms), ("jit_ratio", jit_ms / exec_ms)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn compiling_for(jit_time_ms: f64) -> Fixture {
        // The first statement of two, which take 6300 ms together.
        Fixture::healthy().with_statement(|counters| counters.jit_time_ms = jit_time_ms)
    }

    #[test]
    fn the_share_is_graded() {
        assert_eq!(
            [629.0, 631.0].map(|time_ms| compiling_for(time_ms).grade(&CHECK)),
            [Grade::Ok, Grade::Warning]
        );
        assert_eq!(compiling_for(9e9).with_setting("jit", "off").grade(&CHECK), Grade::Ok);
    }

    #[test]
    fn where_it_is_not_counted_or_hardly_anything_ran_nothing_is_said() {
        let before_15 = compiling_for(0.0).with(|evidence| evidence.server.version_number = 140_020);
        let idle =
            compiling_for(0.0).with(|evidence| evidence.statements.as_mut().unwrap().statements.clear());
        assert_eq!([before_15, idle].map(|fixture| fixture.grade(&CHECK)), [Grade::Skipped; 2]);
    }
}
