//! `requested-checkpoints`
//!
//! **What:** checkpoints that came because `max_wal_size` was reached (or somebody asked), as a share of all,
//! where there were at least twenty.
//! **Why it hurts:** each writes every dirty page at once, and makes the next change of each page log the
//! whole page.
//! **Threshold:** half of them is a warning. Source: ours; peers show the two counts side by side.
//! **Remedy:** a larger `max_wal_size`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{parts, remedies, settings};
use crate::wording::percent;

const WARNING_RATIO: f64 = 0.5;
const SMALLEST_COUNT: u64 = 20;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "requested-checkpoints",
    area: CheckArea::Wal,
    weight: 3.0,
    summary: "checkpoints forced by the volume of the log",
    reads: "pg_stat_bgwriter, from 17 on pg_stat_checkpointer",
    threshold: "half of them is a warning",
    source: "ours; peers show the two counts side by side",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let counters = parts::checkpoints(evidence)?;
    let count = counters.timed.saturating_add(counters.requested);
    if count < SMALLEST_COUNT {
        return Err(Skip::new(
            format!("only {count} checkpoints were counted, of {SMALLEST_COUNT} that are needed"),
            "look again after some hours of work",
        ));
    }
    let ratio = counters.requested as f64 / count as f64;
    let max_wal_bytes = settings::bytes(evidence, "max_wal_size")?;
    judged(
        warning_if(ratio >= WARNING_RATIO),
        format!(
            "{} of {count} checkpoints ({}) came before checkpoint_timeout had passed",
            counters.requested,
            percent(ratio)
        ),
        remedies::set("max_wal_size", &remedies::megabytes(2.0 * max_wal_bytes)),
        &[
            ("timed_count", counters.timed as f64),
            ("requested_count", counters.requested as f64),
            ("requested_ratio", ratio),
            ("max_wal_size_bytes", max_wal_bytes),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of(timed: u64, requested: u64) -> Fixture {
        Fixture::healthy().with(|evidence| {
            let counters = evidence.checkpoints.as_mut().unwrap();
            (counters.timed, counters.requested) = (timed, requested);
        })
    }

    #[test]
    fn the_share_is_graded_where_there_are_enough() {
        assert_eq!(of(51, 49).grade(&CHECK), Grade::Ok);
        assert_eq!(of(50, 50).grade(&CHECK), Grade::Warning);
        assert_eq!(of(0, 19).grade(&CHECK), Grade::Skipped);
        assert!(of(1, 99).told_by(&CHECK).contains("ALTER SYSTEM SET max_wal_size = '8192MB'"));
    }
}
