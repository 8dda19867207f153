//! `log-autovacuum`
//!
//! **What:** whether what autovacuum does is written to the log.
//! **Why it hurts:** tables that it never gets done with, or that it vacuums all day, are not noticed.
//! **Threshold:** -1 (off) is a warning. Source: `pgBadger`'s prerequisites; 10 minutes is the default from
//! 15 on.
//! **Remedy:** what takes longer than a minute.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-autovacuum",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "autovacuum works unseen",
    reads: "log_autovacuum_min_duration",
    threshold: "-1 (off) is a warning",
    source: "pgBadger's prerequisites; 10 minutes is the default from 15 on",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_off = settings::number(evidence, "log_autovacuum_min_duration")? < 0.0;
    judged(
        warning_if(is_off),
        if is_off { "what autovacuum does is not logged" } else { "what autovacuum does is logged" },
        remedies::set("log_autovacuum_min_duration", "1min"),
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
        let at = |value| Fixture::healthy().with_setting("log_autovacuum_min_duration", value).grade(&CHECK);
        assert_eq!(["-1", "0", "1"].map(at), [Grade::Warning, Grade::Ok, Grade::Ok]);
    }
}
