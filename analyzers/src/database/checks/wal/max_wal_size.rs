//! `max-wal-size`
//!
//! **What:** how much log may be written before a checkpoint is forced.
//! **Why it hurts:** under a burst of writes checkpoints follow each other, and every page is logged whole
//! after each.
//! **Threshold:** below 1 GiB is a warning. Source: `PGTune`: 1 to 4 GB for web applications, 2 to 8 GB for
//! transactions, 4 to 16 GB for warehouses.
//! **Remedy:** 4 GB, where the disk has room for it.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::memory;

const SMALLEST_BYTES: f64 = (1_u64 << 30) as f64;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "max-wal-size",
    area: CheckArea::Wal,
    weight: 1.0,
    summary: "little log between checkpoints",
    reads: "max_wal_size",
    threshold: "below 1 GiB is a warning",
    source: "PGTune: 1 to 4 GB for web applications, 2 to 8 GB for transactions, 4 to 16 GB for warehouses",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let bytes = settings::bytes(evidence, "max_wal_size")?;
    judged(
        warning_if(bytes < SMALLEST_BYTES),
        format!("max_wal_size is {}", memory(bytes as u64)),
        remedies::set("max_wal_size", "4GB"),
        &[("max_wal_size_bytes", bytes)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn less_than_a_gibibyte_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("max_wal_size", value).grade(&CHECK);
        assert_eq!(["1023", "1024"].map(at), [Grade::Warning, Grade::Ok]);
    }
}
