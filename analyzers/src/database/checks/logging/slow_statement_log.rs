//! `slow-statement-log`
//!
//! **What:** from which duration on a statement is written to the log.
//! **Why it hurts:** without it nobody sees the one slow execution with its parameters; far too low, the log
//! costs more than it tells.
//! **Threshold:** off, or below a second, is a warning. Source: postgresqltuner.
//! **Remedy:** a second.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::seconds;

const SHORTEST_MS: f64 = 1000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "slow-statement-log",
    area: CheckArea::Logging,
    weight: 2.0,
    summary: "slow statements are not written down, or all are",
    reads: "log_min_duration_statement",
    threshold: "off, or below a second, is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let from_ms = settings::milliseconds(evidence, "log_min_duration_statement")?;
    let seen = if from_ms < 0.0 {
        "slow statements are not logged".to_owned()
    } else {
        format!("statements are logged from {} on", seconds(from_ms / 1e3))
    };
    judged(
        warning_if(from_ms < SHORTEST_MS),
        seen,
        remedies::set("log_min_duration_statement", "1s"),
        &[("log_min_duration_ms", from_ms)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn off_and_below_a_second_are_warned_of() {
        let at = |value| Fixture::healthy().with_setting("log_min_duration_statement", value).grade(&CHECK);
        assert_eq!(
            ["-1", "0", "999", "1000"].map(at),
            [Grade::Warning, Grade::Warning, Grade::Warning, Grade::Ok]
        );
    }
}
