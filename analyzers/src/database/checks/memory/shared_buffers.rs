//! `shared-buffers`
//!
//! **What:** `shared_buffers` against the memory of the machine and the size of the database.
//! **Why it hurts:** too small, every read goes through the system; too large, pages are held twice and
//! nothing is left for sorts.
//! **Threshold:** above 40 % of the memory is a warning; so is less than an eighth of it, or the default of
//! 128 MB where the memory is not known, while the database is larger than that. Source: postgresqltuner (40
//! %); `PGTune` gives a quarter, half of which is taken for too small.
//! **Remedy:** a quarter of the memory.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::{memory, percent};

const HIGHEST_RATIO: f64 = 0.40;
const RIGHT_RATIO: f64 = 0.25;
const LOWEST_RATIO: f64 = RIGHT_RATIO / 2.0;
/// What Postgres has by itself.
const DEFAULT_BYTES: f64 = (128 << 20) as f64;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "shared-buffers",
    area: CheckArea::Memory,
    weight: 3.0,
    summary: "shared buffers too small or too large",
    reads: "shared_buffers, memory of the machine, pg_database_size()",
    threshold: "above 40 % of the memory is a warning; so is less than an eighth of it, or the default of \
                128 MB where the memory is not known, while the database is larger than that",
    source: "postgresqltuner (40 %); PGTune gives a quarter, half of which is taken for too small",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let bytes = settings::bytes(evidence, "shared_buffers")?;
    let Some(database_bytes) = evidence.server.database_bytes.map(|bytes| bytes as f64) else {
        return Err(Skip::new(
            "the size of the database is not known",
            "GRANT CONNECT ON DATABASE … TO the role",
        ));
    };
    let seen = format!(
        "shared_buffers is {}, and the database has {}",
        memory(bytes as u64),
        memory(database_bytes as u64)
    );
    let Some(host_bytes) = evidence.server.host_memory_bytes.map(|bytes| bytes as f64) else {
        return judged(
            warning_if(bytes <= DEFAULT_BYTES && database_bytes > bytes),
            seen,
            "set it to a quarter of the memory of the server's machine: ALTER SYSTEM SET shared_buffers = \
             '…'; and restart the server",
            &[("shared_buffers_bytes", bytes), ("database_bytes", database_bytes)],
        );
    };
    let ratio = bytes / host_bytes;
    judged(
        warning_if(ratio > HIGHEST_RATIO || (ratio < LOWEST_RATIO && database_bytes > bytes)),
        format!("{seen}; that is {} of the machine's {}", percent(ratio), memory(host_bytes as u64)),
        remedies::set_and_restart("shared_buffers", &remedies::megabytes(RIGHT_RATIO * host_bytes)),
        &[
            ("shared_buffers_bytes", bytes),
            ("host_memory_bytes", host_bytes),
            ("shared_buffers_ratio", ratio),
            ("database_bytes", database_bytes),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of_mebibytes(mebibytes: u64) -> Fixture {
        // Blocks of 8 KiB; the machine has 16 GiB and the database 20.
        Fixture::healthy().with_setting("shared_buffers", &(mebibytes * 128).to_string())
    }

    #[test]
    fn too_small_and_too_large_are_warned_of_with_a_quarter() {
        let grades = [2047, 2048, 6553, 6554].map(|mebibytes| of_mebibytes(mebibytes).grade(&CHECK));
        assert_eq!(grades, [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]);
        assert!(of_mebibytes(128).told_by(&CHECK).contains("shared_buffers = '4096MB'"));
    }

    #[test]
    fn a_database_that_fits_needs_no_more() {
        let small = of_mebibytes(128).with(|evidence| evidence.server.database_bytes = Some(100 << 20));
        assert_eq!(small.grade(&CHECK), Grade::Ok);
    }

    #[test]
    fn on_another_machine_only_the_default_is_warned_of() {
        let remote =
            |mebibytes| of_mebibytes(mebibytes).with(|evidence| evidence.server.host_memory_bytes = None);
        assert_eq!([128, 129].map(|mebibytes| remote(mebibytes).grade(&CHECK)), [Grade::Warning, Grade::Ok]);
    }
}
