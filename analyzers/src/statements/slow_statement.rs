//! `slow-statement`
//!
//! **What:** statements whose calls take long on average.
//! **Why it hurts:** every request that runs one waits at least as long, and holds its connection meanwhile.
//! **Threshold:** mean above 50 ms a warning, above 500 ms critical (R5.1). Of fewer than five calls the mean may be that
//! of one cold or blocked call: one severity less, and the message says how many there were.
//! **Remedy:** look at its plan; the findings about plans and indexes name the cause.

use aforo_model::database::HotStatement;
use aforo_model::{Finding, Severity};

use super::{postgres, title};
use crate::checks::finding;

const CODE: &str = "slow-statement";
const MIN_CALLS: u64 = 5;

pub(super) fn find(statements: &[&HotStatement]) -> Vec<Finding> {
    statements.iter().filter(|statement| statement.is_listed).map(|statement| judge(statement)).collect()
}

fn judge(statement: &HotStatement) -> Finding {
    let calls = statement.counters.calls;
    let severity = match (statement.is_slow, calls >= MIN_CALLS) {
        (true, true) => Severity::Critical,
        (true, false) | (false, true) => Severity::Warning,
        (false, false) => Severity::Info,
    };
    let few = if calls < MIN_CALLS { "only " } else { "" };
    let times = if calls == 1 { "time" } else { "times" };
    let certain = statement.steps.iter().filter(|step| step.calls_per_request.excludes_zero());
    let steps: Vec<&str> = certain.map(|step| step.step.as_str()).collect();
    let caused =
        if steps.is_empty() { String::new() } else { format!("; it is caused by {}", steps.join(", ")) };
    finding(
        CODE,
        postgres(),
        severity,
        format!(
            "{} takes {:.0} ms on average; it ran {few}{calls} {times}{caused}",
            title(statement.text.as_deref(), &statement.fingerprint),
            statement.mean_ms,
        ),
        "look at its plan with EXPLAIN (ANALYZE, BUFFERS): add the index it lacks, or read fewer rows"
            .to_owned(),
        &[
            ("mean_ms", statement.mean_ms),
            ("calls", calls as f64),
            ("share_of_time_ratio", statement.share_of_time_ratio),
            ("rows_per_call", statement.rows_per_call),
            ("blocks_per_call", statement.blocks_per_call),
        ],
    )
}
