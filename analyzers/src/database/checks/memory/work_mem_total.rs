//! `work-mem-total`
//!
//! **What:** `work_mem` for each allowed connection, plus `shared_buffers`, against the memory of the
//! machine.
//! **Why it hurts:** on a busy day the system kills Postgres, and all sessions with it.
//! **Threshold:** 80 % is a warning, more than all of it is critical. Source: postgresqltuner.
//! **Remedy:** what `PGTune` gives: the memory that shared buffers leave, divided by three times the
//! connections and workers.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, rising};
use crate::database::{remedies, settings};
use crate::wording::{memory, percent};

const WARNING_RATIO: f64 = 0.80;
const CRITICAL_RATIO: f64 = 1.0;
/// What `PGTune` never goes below, and Postgres has by itself.
const SMALLEST_BYTES: f64 = (4 << 20) as f64;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "work-mem-total",
    area: CheckArea::Memory,
    weight: 3.0,
    summary: "sorts of all connections together exceed the memory",
    reads: "work_mem, max_connections, shared_buffers, memory of the machine",
    threshold: "80 % is a warning, more than all of it is critical",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let work_bytes = settings::bytes(evidence, "work_mem")?;
    let shared_bytes = settings::bytes(evidence, "shared_buffers")?;
    let connections = settings::number(evidence, "max_connections")?;
    let workers = settings::number(evidence, "max_worker_processes")?;
    let Some(host_bytes) = evidence.server.host_memory_bytes.map(|bytes| bytes as f64) else {
        return Err(Skip::new(
            "the memory of the server's machine is not known",
            "run Aforo on that machine",
        ));
    };
    let ratio = (work_bytes * connections + shared_bytes) / host_bytes;
    let right_bytes = ((host_bytes - shared_bytes) / ((connections + workers) * 3.0)).max(SMALLEST_BYTES);
    judged(
        rising(ratio, WARNING_RATIO, CRITICAL_RATIO),
        format!(
            "{connections} connections with one work_mem of {} each, and shared_buffers, are {} of the \
             machine's {}",
            memory(work_bytes as u64),
            percent(ratio),
            memory(host_bytes as u64)
        ),
        format!(
            "{} and fewer connections where that is not enough",
            remedies::set("work_mem", &remedies::megabytes(right_bytes))
        ),
        &[
            ("work_mem_bytes", work_bytes),
            ("max_connections", connections),
            ("host_memory_bytes", host_bytes),
            ("used_ratio", ratio),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn of_kibibytes(kibibytes: u64) -> Fixture {
        // 100 connections, 4 GiB of shared buffers, 16 GiB in the machine.
        Fixture::healthy().with_setting("work_mem", &kibibytes.to_string())
    }

    #[test]
    fn the_share_of_the_memory_is_graded() {
        let grades = [92_274, 92_275, 125_830].map(|kibibytes| of_kibibytes(kibibytes).grade(&CHECK));
        assert_eq!(grades, [Grade::Ok, Grade::Warning, Grade::Critical]);
        // 12 GiB / (108 × 3), as PGTune has it.
        assert!(of_kibibytes(200_000).told_by(&CHECK).contains("work_mem = '37MB'"));
    }

    #[test]
    fn on_another_machine_nothing_is_known() {
        let remote = of_kibibytes(1).with(|evidence| evidence.server.host_memory_bytes = None);
        assert_eq!(remote.grade(&CHECK), Grade::Skipped);
    }
}
