//! `log-lock-waits`
//!
//! **What:** whether a wait for a lock that lasts longer than `deadlock_timeout` is written to the log.
//! **Why it hurts:** waits for locks leave no other trace once they are over.
//! **Threshold:** off is a warning. Source: `pgBadger`'s prerequisites.
//! **Remedy:** on; it costs nothing unless something waits.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-lock-waits",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "long waits for locks are not written down",
    reads: "log_lock_waits",
    threshold: "off is a warning",
    source: "pgBadger's prerequisites",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_on = settings::is_on(evidence, "log_lock_waits")?;
    judged(
        warning_if(!is_on),
        if is_on { "waits for locks are logged" } else { "waits for locks are not logged" },
        remedies::set("log_lock_waits", "on"),
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
        let at = |value| Fixture::healthy().with_setting("log_lock_waits", value).grade(&CHECK);
        assert_eq!(["on", "off"].map(at), [Grade::Ok, Grade::Warning]);
    }
}
