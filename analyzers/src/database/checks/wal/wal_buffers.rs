//! `wal-buffers`
//!
//! **What:** `wal_buffers` against 3 % of `shared_buffers`, 16 MB at most.
//! **Why it hurts:** when they are full, whoever wants to write must write them out first.
//! **Threshold:** below nine tenths of that is a warning. Source: `PGTune`; what Postgres itself takes for -1
//! is 1/32 of `shared_buffers` up to 16 MB.
//! **Remedy:** -1, with which Postgres chooses.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::memory;

const SHARE: f64 = 0.03;
const LARGEST_BYTES: f64 = (16 << 20) as f64;
const TOLERANCE: f64 = 0.9;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "wal-buffers",
    area: CheckArea::Wal,
    weight: 1.0,
    summary: "small buffers of the write-ahead log",
    reads: "wal_buffers, shared_buffers, pg_stat_wal",
    threshold: "below nine tenths of that is a warning",
    source: "PGTune; what Postgres itself takes for -1 is 1/32 of shared_buffers up to 16 MB",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let bytes = settings::bytes(evidence, "wal_buffers")?;
    let right_bytes = (SHARE * settings::bytes(evidence, "shared_buffers")?).min(LARGEST_BYTES);
    let times_full = evidence.checkpoints.as_ref().and_then(|counters| counters.wal_buffers_full);
    let seen = match (bytes < 0.0, times_full) {
        (true, _) => "wal_buffers is left to Postgres".to_owned(),
        (false, None) => format!("wal_buffers is {}", memory(bytes as u64)),
        (false, Some(times)) => {
            format!("wal_buffers is {}, and they were full {times} times", memory(bytes as u64))
        }
    };
    judged(
        warning_if(bytes >= 0.0 && bytes < TOLERANCE * right_bytes),
        seen,
        remedies::set_and_restart("wal_buffers", "-1"),
        &[("wal_buffers_bytes", bytes), ("right_bytes", right_bytes)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn less_than_their_share_is_warned_of() {
        // 3 % of 4 GiB is more than 16 MiB, which are 2048 blocks.
        let at = |value| Fixture::healthy().with_setting("wal_buffers", value).grade(&CHECK);
        assert_eq!(["1843", "1844", "-1"].map(at), [Grade::Warning, Grade::Ok, Grade::Ok]);
    }
}
