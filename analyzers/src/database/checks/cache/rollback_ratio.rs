//! `rollback-ratio`
//!
//! **What:** transactions that were rolled back, as a share of all, from 10 000 on.
//! **Why it hurts:** each did its work for nothing; usually an error that the application hides.
//! **Threshold:** 10 % is a warning. Source: ours; `check_postgres` (commitratio) leaves it to its user.
//! **Remedy:** see in the log of the server which errors come before the rollbacks.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::parts;
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.10;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "rollback-ratio",
    area: CheckArea::Cache,
    weight: 2.0,
    summary: "transactions that were rolled back",
    reads: "pg_stat_database.xact_rollback, xact_commit",
    threshold: "10 % is a warning",
    source: "ours; check_postgres (commitratio) leaves it to its user",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::counters(evidence)?;
    let (commits, rollbacks) = (counters.commits as f64, counters.rollbacks as f64);
    if commits + rollbacks < parts::SMALLEST_SAMPLE as f64 {
        return Err(Skip::new(
            format!(
                "too few transactions: {}, of {} that are needed",
                commits + rollbacks,
                parts::SMALLEST_SAMPLE
            ),
            "look again after some load",
        ));
    }
    let ratio = rollbacks / (commits + rollbacks);
    judged(
        warning_if(ratio >= WARNING_RATIO),
        format!("{} of {} transactions were rolled back", percent(ratio), commits + rollbacks),
        "see in the log of the server which errors come before the rollbacks; a pool that ends every read \
         with ROLLBACK can be set to COMMIT",
        &[("rollback_ratio", ratio), ("rollback_count", rollbacks), ("commit_count", commits)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(commits: u64, rollbacks: u64) -> Grade {
        let change = |counters: &mut aforo_model::database::DatabaseCounters| {
            (counters.commits, counters.rollbacks) = (commits, rollbacks);
        };
        Fixture::healthy().with_counters(change).grade(&CHECK)
    }

    #[test]
    fn the_share_is_graded_where_enough_ran() {
        assert_eq!(
            [of(9_001, 999), of(9_000, 1_000), of(0, 9_999)],
            [Grade::Ok, Grade::Warning, Grade::Skipped]
        );
    }
}
