//! `statement-mean-time`
//!
//! **What:** the mean time of the statements that were called 100 times or more.
//! **Why it hurts:** each call keeps a request, a connection and often a core for that long.
//! **Threshold:** a mean of 50 ms is a warning, of 500 ms is critical. Source: the hotel's requirement R5.1;
//! `PgHero` lists from 20 ms and 100 calls on.
//! **Remedy:** their plans and the index advice say what to do for each.

use aforo_model::database::{CheckArea, DatabaseEvidence, StatementCounters};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, rising};
use crate::database::parts;
use crate::wording::seconds;

const WARNING_MS: f64 = 50.0;
const CRITICAL_MS: f64 = 500.0;
const SMALLEST_CALLS: u64 = 100;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "statement-mean-time",
    area: CheckArea::Statements,
    weight: 4.0,
    summary: "frequent statements that take long",
    reads: "pg_stat_statements.total_exec_time, calls",
    threshold: "a mean of 50 ms is a warning, of 500 ms is critical",
    source: "the hotel's requirement R5.1; PgHero lists from 20 ms and 100 calls on",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let statements = &parts::statements(evidence)?.statements;
    let frequent: Vec<_> =
        statements.iter().filter(|statement| statement.counters.calls >= SMALLEST_CALLS).collect();
    let slowest =
        frequent.iter().max_by(|one, other| mean_ms(&one.counters).total_cmp(&mean_ms(&other.counters)));
    let Some(slowest) = slowest else {
        return Err(Skip::new(
            format!("no statement was called {SMALLEST_CALLS} times"),
            "look again while load runs: `aforo run`",
        ));
    };
    let longest_ms = mean_ms(&slowest.counters);
    let slow = frequent.iter().filter(|statement| mean_ms(&statement.counters) >= WARNING_MS).count();
    judged(
        rising(longest_ms, WARNING_MS, CRITICAL_MS),
        format!(
            "{slow} of {} frequent statements take 50 ms or more; the slowest, of query id {}, takes {} on \
             average over {} calls",
            frequent.len(),
            slowest.key.query_id,
            seconds(longest_ms / 1e3),
            slowest.counters.calls
        ),
        "see the plans of the hot statements, and the indexes advised for them",
        &[
            ("slow_statement_count", slow as f64),
            ("longest_mean_ms", longest_ms),
            ("calls", slowest.counters.calls as f64),
        ],
    )
}

fn mean_ms(counters: &StatementCounters) -> f64 {
    counters.exec_time_ms / counters.calls as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(calls: u64, mean_ms: f64) -> Fixture {
        Fixture::healthy().with_statement(|counters| {
            (counters.calls, counters.exec_time_ms) = (calls, calls as f64 * mean_ms);
        })
    }

    #[test]
    fn the_mean_of_the_slowest_is_graded() {
        assert_eq!(
            [49.0, 50.0, 500.0].map(|mean_ms| of(100, mean_ms).grade(&CHECK)),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }

    #[test]
    fn a_rare_statement_may_take_long() {
        assert_eq!(of(99, 5000.0).grade(&CHECK), Grade::Ok);
        let rare =
            of(99, 5000.0).with(|evidence| evidence.statements.as_mut().unwrap().statements.truncate(1));
        assert_eq!(rare.grade(&CHECK), Grade::Skipped);
    }
}
