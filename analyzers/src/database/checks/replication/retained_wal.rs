//! `retained-wal`
//!
//! **What:** the log that is kept for slots that have a reader.
//! **Why it hurts:** the reader does not keep up; when the disk is full, the database stops.
//! **Threshold:** 1 GiB is a warning, 10 GiB is critical. Source: ours; peers show it without a threshold.
//! **Remedy:** see what the reader waits for; `max_slot_wal_keep_size` bounds it.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, rising, those_or_fine};
use crate::database::{parts, remedies};
use crate::wording::memory;

const WARNING_BYTES: f64 = (1_u64 << 30) as f64;
const CRITICAL_BYTES: f64 = 10.0 * WARNING_BYTES;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "retained-wal",
    area: CheckArea::Replication,
    weight: 2.0,
    summary: "much log kept for a slow reader",
    reads: "pg_replication_slots.restart_lsn",
    threshold: "1 GiB is a warning, 10 GiB is critical",
    source: "ours; peers show it without a threshold",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let outstanding = parts::slots(evidence)?.iter().filter(|slot| slot.is_active).filter_map(|slot| {
        let kept_bytes = slot.retained_bytes?;
        Some(about(
            "slot",
            &slot.name,
            rising(kept_bytes as f64, WARNING_BYTES, CRITICAL_BYTES)?,
            format!("the reader of slot {} is {} of log behind", slot.name, memory(kept_bytes)),
            format!(
                "see what the reader waits for; bound what is kept for it: {}",
                remedies::set("max_slot_wal_keep_size", "20GB")
            ),
            &[("retained_bytes", kept_bytes as f64)],
        ))
    });
    those_or_fine(outstanding.collect(), "no slot keeps much log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn what_is_kept_is_graded() {
        let keeping = |bytes: u64| {
            let keep = |evidence: &mut DatabaseEvidence| {
                evidence.slots.as_mut().unwrap()[0].retained_bytes = Some(bytes);
            };
            Fixture::healthy().with(keep).grade(&CHECK)
        };
        assert_eq!(
            [(1 << 30) - 1, 1 << 30, 10 << 30].map(keeping),
            [Grade::Ok, Grade::Warning, Grade::Critical]
        );
    }
}
