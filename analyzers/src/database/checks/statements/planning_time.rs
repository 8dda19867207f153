//! `planning-time`
//!
//! **What:** time in the planner against time in the executor, over all statements, where the server counts
//! it.
//! **Why it hurts:** statements that run for a fraction of a millisecond are planned anew at each call.
//! **Threshold:** as much as in the executor is a warning. Source: ours; peers show the two side by side.
//! **Remedy:** prepared statements, which are planned once; fewer partitions and joins a statement.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{parts, remedies};
use crate::wording::seconds;

const SMALLEST_TIME_MS: f64 = 1000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "planning-time",
    area: CheckArea::Statements,
    weight: 1.0,
    summary: "planning that takes longer than running",
    reads: "pg_stat_statements.total_plan_time, total_exec_time",
    threshold: "as much as in the executor is a warning",
    source: "ours; peers show the two side by side",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::statements(evidence)?.statements.iter().map(|statement| &statement.counters);
    let (exec_ms, plan_ms) = counters.fold((0.0, 0.0), |(exec_ms, plan_ms), counters| {
        (exec_ms + counters.exec_time_ms, plan_ms + counters.plan_time_ms)
    });
    if plan_ms == 0.0 {
        let remedy = remedies::set("pg_stat_statements.track_planning", "on");
        return Err(Skip::new(
            "the time spent planning is not counted",
            format!("{remedy} it costs little below a few thousand statements a second"),
        ));
    }
    if exec_ms + plan_ms < SMALLEST_TIME_MS {
        return Err(Skip::new("statements ran for less than a second in all", "look again while load runs"));
    }
    judged(
        warning_if(plan_ms >= exec_ms),
        format!("planning took {}, running took {}", seconds(plan_ms / 1e3), seconds(exec_ms / 1e3)),
        "prepare statements once for each connection, and let the pooler keep them (pgbouncer: \
         max_prepared_statements)",
        &[("plan_time_ms", plan_ms), ("exec_time_ms", exec_ms)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn planning_for(plan_time_ms: f64) -> Fixture {
        // Beside a second statement with 60 ms; both together run for 6300 ms.
        Fixture::healthy().with_statement(|counters| counters.plan_time_ms = plan_time_ms)
    }

    #[test]
    fn as_much_as_running_is_warned_of() {
        assert_eq!(
            [6_239.0, 6_241.0].map(|time_ms| planning_for(time_ms).grade(&CHECK)),
            [Grade::Ok, Grade::Warning]
        );
    }

    #[test]
    fn where_it_is_not_counted_nothing_is_known() {
        let uncounted = planning_for(0.0).with(|evidence| {
            evidence.statements.as_mut().unwrap().statements[1].counters.plan_time_ms = 0.0;
        });
        assert_eq!(uncounted.grade(&CHECK), Grade::Skipped);
    }
}
