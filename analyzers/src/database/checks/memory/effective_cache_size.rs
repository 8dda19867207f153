//! `effective-cache-size`
//!
//! **What:** `effective_cache_size` against `shared_buffers` and the memory of the machine.
//! **Why it hurts:** too small, the planner shuns indexes; larger than the memory, it relies on pages that
//! are not there.
//! **Threshold:** below `shared_buffers`, or above the memory of the machine, is a warning. Source:
//! postgresqltuner; `PGTune` gives three quarters of the memory.
//! **Remedy:** three quarters of the memory; it reserves nothing.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};
use crate::wording::memory;

const RIGHT_RATIO: f64 = 0.75;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "effective-cache-size",
    area: CheckArea::Memory,
    weight: 2.0,
    summary: "the planner misjudges how much is cached",
    reads: "effective_cache_size, shared_buffers, memory of the machine",
    threshold: "below shared_buffers, or above the memory of the machine, is a warning",
    source: "postgresqltuner; PGTune gives three quarters of the memory",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let bytes = settings::bytes(evidence, "effective_cache_size")?;
    let shared_bytes = settings::bytes(evidence, "shared_buffers")?;
    let host_bytes = evidence.server.host_memory_bytes.map(|bytes| bytes as f64);
    let right_bytes = host_bytes.map_or(3.0 * shared_bytes, |bytes| RIGHT_RATIO * bytes);
    judged(
        warning_if(bytes < shared_bytes || host_bytes.is_some_and(|host_bytes| bytes > host_bytes)),
        format!(
            "effective_cache_size is {}, and shared_buffers is {}",
            memory(bytes as u64),
            memory(shared_bytes as u64)
        ),
        remedies::set("effective_cache_size", &remedies::megabytes(right_bytes)),
        &[("effective_cache_size_bytes", bytes), ("shared_buffers_bytes", shared_bytes)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn less_than_shared_buffers_and_more_than_the_machine_has_are_warned_of() {
        // Blocks of 8 KiB: 4 GiB of shared buffers, 16 GiB in the machine.
        let at = |blocks| Fixture::healthy().with_setting("effective_cache_size", blocks).grade(&CHECK);
        assert_eq!(
            ["524287", "524288", "2097152", "2097153"].map(at),
            [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]
        );
    }
}
