//! `temporary-files`
//!
//! **What:** temporary files per transaction since the last reset, from 1000 transactions on.
//! **Why it hurts:** a sort or a hash that does not fit into `work_mem` is written to disk and read again.
//! **Threshold:** one in a thousand transactions is a warning. Source: ours; `pgBadger` lists them without a
//! threshold.
//! **Remedy:** an index that gives the order, fewer rows, or more `work_mem` for the role or the statement.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{parts, settings};
use crate::wording::memory;

const WARNING_RATIO: f64 = 0.001;
const SMALLEST_COUNT: f64 = 1000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "temporary-files",
    area: CheckArea::Cache,
    weight: 2.0,
    summary: "statements that spill to disk",
    reads: "pg_stat_database.temp_files, temp_bytes, xact_commit",
    threshold: "one in a thousand transactions is a warning",
    source: "ours; pgBadger lists them without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::counters(evidence)?;
    let transactions = counters.commits as f64 + counters.rollbacks as f64;
    if transactions < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("only {transactions} transactions were counted, of {SMALLEST_COUNT} that are needed"),
            "look again after some load",
        ));
    }
    let ratio = counters.temp_files as f64 / transactions;
    let work_mem_bytes = settings::bytes(evidence, "work_mem")?;
    judged(
        warning_if(ratio >= WARNING_RATIO),
        format!(
            "{} temporary files with {} were written by {transactions} transactions; work_mem is {}",
            counters.temp_files,
            memory(counters.temp_bytes),
            memory(work_mem_bytes as u64)
        ),
        "see which statements spill, give them an index in the order they ask for or fewer rows; or more \
         memory to their role alone: ALTER ROLE … SET work_mem = '64MB';",
        &[
            ("temp_file_count", counters.temp_files as f64),
            ("temp_bytes", counters.temp_bytes as f64),
            ("transaction_count", transactions),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(temp_files: u64, commits: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::DatabaseCounters| {
            (counters.temp_files, counters.commits, counters.rollbacks) = (temp_files, commits, 0);
        };
        Fixture::healthy().with_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_rate_is_graded_where_enough_ran() {
        assert_eq!(of(99, 100_000), Grade::Ok);
        assert_eq!(of(100, 100_000), Grade::Warning);
        assert_eq!(of(999, 999), Grade::Skipped);
    }
}
