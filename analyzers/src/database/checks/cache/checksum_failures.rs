//! `checksum-failures`
//!
//! **What:** pages whose checksum was wrong when they were read.
//! **Why it hurts:** the storage loses or changes data; what else it has changed is not known.
//! **Threshold:** any is critical. Source: `check_postgres` (checksum).
//! **Remedy:** stop writing, take a copy of the files, replace the storage, restore from a backup.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, critical_if, judged};
use crate::database::parts;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "checksum-failures",
    area: CheckArea::Cache,
    weight: 3.0,
    summary: "pages that came back from disk damaged",
    reads: "pg_stat_database.checksum_failures, data_checksums",
    threshold: "any is critical",
    source: "check_postgres (checksum)",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let Some(failures) = parts::counters(evidence)?.checksum_failures else {
        return Err(Skip::new(
            "data checksums are off, so damaged pages are not noticed",
            "stop the server and run pg_checksums --enable",
        ));
    };
    judged(
        critical_if(failures > 0),
        format!("{failures} pages had a wrong checksum"),
        "stop writing, copy the data directory, find the fault of the storage, and restore from a backup",
        &[("failure_count", failures as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn any_is_critical_and_without_checksums_nothing_is_known() {
        let of = |failures| {
            Fixture::healthy().with_counters(|counters| counters.checksum_failures = failures).grade(&CHECK)
        };
        assert_eq!([Some(0), Some(1), None].map(of), [Grade::Ok, Grade::Critical, Grade::Skipped]);
    }
}
