//! `maintenance-work-mem`
//!
//! **What:** `maintenance_work_mem` where the database is larger than 1 GiB.
//! **Why it hurts:** indexes are built through temporary files, and vacuum goes through the indexes again and
//! again.
//! **Threshold:** 64 MB or less is a warning. Source: postgresqltuner; `PGTune` gives a sixteenth of the
//! memory, 2 GB at most.
//! **Remedy:** a sixteenth of the memory, 2 GB at most.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, fine, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::memory;

const SMALLEST_BYTES: f64 = (64 << 20) as f64;
const LARGEST_BYTES: f64 = (2_u64 << 30) as f64;
const SMALL_DATABASE_BYTES: u64 = 1 << 30;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "maintenance-work-mem",
    area: CheckArea::Memory,
    weight: 1.0,
    summary: "little memory for vacuum and CREATE INDEX",
    reads: "maintenance_work_mem, pg_database_size()",
    threshold: "64 MB or less is a warning",
    source: "postgresqltuner; PGTune gives a sixteenth of the memory, 2 GB at most",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let bytes = settings::bytes(evidence, "maintenance_work_mem")?;
    let seen = format!("maintenance_work_mem is {}", memory(bytes as u64));
    if evidence.server.database_bytes.is_some_and(|bytes| bytes <= SMALL_DATABASE_BYTES) {
        return fine(format!("{seen}, and the database is small"), &[("maintenance_work_mem_bytes", bytes)]);
    }
    let sixteenth = evidence.server.host_memory_bytes.map(|bytes| bytes as f64 / 16.0);
    let right_bytes = sixteenth.unwrap_or(4.0 * SMALLEST_BYTES).min(LARGEST_BYTES);
    judged(
        warning_if(bytes <= SMALLEST_BYTES),
        seen,
        remedies::set("maintenance_work_mem", &remedies::megabytes(right_bytes)),
        &[("maintenance_work_mem_bytes", bytes)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn the_default_is_warned_of_unless_the_database_is_small() {
        let at = |kibibytes| Fixture::healthy().with_setting("maintenance_work_mem", kibibytes);
        assert_eq!(["65536", "65537"].map(|value| at(value).grade(&CHECK)), [Grade::Warning, Grade::Ok]);
        let small = at("65536").with(|evidence| evidence.server.database_bytes = Some(1 << 30));
        assert_eq!(small.grade(&CHECK), Grade::Ok);
        assert!(at("1024").told_by(&CHECK).contains("maintenance_work_mem = '1024MB'"));
    }
}
