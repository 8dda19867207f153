//! `log-hostname`
//!
//! **What:** whether the server looks up the name of each client.
//! **Why it hurts:** each connection waits for the name server, and stands still when that does.
//! **Threshold:** on is a warning. Source: postgresqltuner.
//! **Remedy:** off; addresses can be looked up when the log is read.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-hostname",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "a name look-up for each connection",
    reads: "log_hostname",
    threshold: "on is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_on = settings::is_on(evidence, "log_hostname")?;
    judged(
        warning_if(is_on),
        if is_on {
            "log_hostname is on: each connection waits for a name look-up"
        } else {
            "log_hostname is off"
        },
        remedies::set("log_hostname", "off"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_on_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("log_hostname", value).grade(&CHECK);
        assert_eq!(["off", "on"].map(at), [Grade::Ok, Grade::Warning]);
    }
}
