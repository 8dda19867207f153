//! `full-page-writes-off`
//!
//! **What:** whether the first change of a page after a checkpoint writes the whole page to the log.
//! **Why it hurts:** a page of which only a part was written when the machine crashed cannot be repaired.
//! **Threshold:** off is critical. Source: postgresqltuner; the manual.
//! **Remedy:** on, unless the file system itself cannot tear pages (ZFS).

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, critical_if, judged};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "full-page-writes-off",
    area: CheckArea::Wal,
    weight: 6.0,
    summary: "torn pages after a crash",
    reads: "full_page_writes",
    threshold: "off is critical",
    source: "postgresqltuner; the manual",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let is_on = settings::is_on(evidence, "full_page_writes")?;
    judged(
        critical_if(!is_on),
        if is_on {
            "full_page_writes is on"
        } else {
            "full_page_writes is off: a crash can leave pages that cannot be repaired"
        },
        remedies::set("full_page_writes", "on"),
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_off_is_critical() {
        let at = |value| Fixture::healthy().with_setting("full_page_writes", value).grade(&CHECK);
        assert_eq!(["on", "off"].map(at), [Grade::Ok, Grade::Critical]);
    }
}
