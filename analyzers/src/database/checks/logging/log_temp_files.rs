//! `log-temp-files`
//!
//! **What:** whether statements that spill to disk are written to the log.
//! **Why it hurts:** which statement needed how much more memory than `work_mem` is not known afterwards.
//! **Threshold:** -1 (off) is a warning. Source: `pgBadger`'s prerequisites.
//! **Remedy:** 10 MB and more.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "log-temp-files",
    area: CheckArea::Logging,
    weight: 1.0,
    summary: "temporary files are not written down",
    reads: "log_temp_files",
    threshold: "-1 (off) is a warning",
    source: "pgBadger's prerequisites",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_off = settings::number(evidence, "log_temp_files")? < 0.0;
    judged(
        warning_if(is_off),
        if is_off { "temporary files are not logged" } else { "temporary files are logged" },
        remedies::set("log_temp_files", "10MB"),
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
        let at = |value| Fixture::healthy().with_setting("log_temp_files", value).grade(&CHECK);
        assert_eq!(["-1", "0", "1"].map(at), [Grade::Warning, Grade::Ok, Grade::Ok]);
    }
}
