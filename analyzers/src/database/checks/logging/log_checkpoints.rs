//! `log-checkpoints`
//!
//! **What:** whether each checkpoint is written to the log with what it cost.
//! **Why it hurts:** slow moments cannot be told from those of a checkpoint afterwards.
//! **Threshold:** off is a warning. Source: `pgBadger`'s prerequisites; on is the default from 15 on.
//! **Remedy:** on.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-checkpoints",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "checkpoints are not written down",
    reads: "log_checkpoints",
    threshold: "off is a warning",
    source: "pgBadger's prerequisites; on is the default from 15 on",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_on = settings::is_on(evidence, "log_checkpoints")?;
    judged(
        warning_if(!is_on),
        if is_on { "checkpoints are logged" } else { "checkpoints are not logged" },
        remedies::set("log_checkpoints", "on"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_off_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("log_checkpoints", value).grade(&CHECK);
        assert_eq!(["on", "off"].map(at), [Grade::Ok, Grade::Warning]);
    }
}
