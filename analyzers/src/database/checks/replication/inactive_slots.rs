//! `inactive-slots`
//!
//! **What:** replication slots without a reader, and the log that is kept for them.
//! **Why it hurts:** the log is kept until the disk is full, and then the database stops.
//! **Threshold:** any is a warning, with 10 GiB kept it is critical. Source: ours; peers list the slots and
//! what each keeps.
//! **Remedy:** drop the slot of a standby that does not come back; `max_slot_wal_keep_size` bounds the
//! others.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, about, critical_if, those_or_fine, warning_if};
use crate::database::parts;
use crate::wording::memory;

const CRITICAL_BYTES: u64 = 10 << 30;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "inactive-slots",
    area: CheckArea::Replication,
    weight: 3.0,
    summary: "replication slots that nobody reads from",
    reads: "pg_replication_slots.active, restart_lsn, max_slot_wal_keep_size",
    threshold: "any is a warning, with 10 GiB kept it is critical",
    source: "ours; peers list the slots and what each keeps",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let slots = parts::slots(evidence)?;
    let outstanding = slots.iter().filter(|slot| !slot.is_active).filter_map(|slot| {
        let kept_bytes = slot.retained_bytes.unwrap_or(0);
        Some(about(
            "slot",
            &slot.name,
            critical_if(kept_bytes >= CRITICAL_BYTES).or(warning_if(true))?,
            format!("nobody reads from slot {}, for which {} of log are kept", slot.name, memory(kept_bytes)),
            format!(
                "where its reader does not come back: SELECT pg_drop_replication_slot({}); and bound what \
                 slots may keep with max_slot_wal_keep_size",
                aforo_sql::quote_literal(&slot.name)
            ),
            &[("retained_bytes", kept_bytes as f64)],
        ))
    });
    those_or_fine(outstanding.collect(), format!("each of {} slots has its reader", slots.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn slot(is_active: bool, retained_bytes: u64) -> Fixture {
        Fixture::healthy().with(|evidence| {
            let slot = &mut evidence.slots.as_mut().unwrap()[0];
            (slot.is_active, slot.retained_bytes) = (is_active, Some(retained_bytes));
        })
    }

    #[test]
    fn a_slot_without_a_reader_is_warned_of_and_critical_where_it_keeps_much() {
        assert_eq!(slot(true, 99 << 30).grade(&CHECK), Grade::Ok);
        assert_eq!(slot(false, 0).grade(&CHECK), Grade::Warning);
        assert_eq!(slot(false, 10 << 30).grade(&CHECK), Grade::Critical);
        assert!(slot(false, 0).told_by(&CHECK).contains("pg_drop_replication_slot('standby')"));
    }
}
