//! `parallel-workers`
//!
//! **What:** how many workers one step of a plan may start, against the cores of the machine.
//! **Why it hurts:** one report takes every core, and the requests of all others wait.
//! **Threshold:** more than half the cores, rounded up, is a warning. Source: `PGTune`.
//! **Remedy:** half the cores, rounded up.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, Skip, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "parallel-workers",
    area: CheckArea::Planner,
    weight: 1.0,
    summary: "more parallel workers than cores for one statement",
    reads: "max_parallel_workers_per_gather, cores of the machine",
    threshold: "more than half the cores, rounded up, is a warning",
    source: "PGTune",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let workers = settings::number(evidence, "max_parallel_workers_per_gather")?;
    let Some(cores) = evidence.server.host_core_count else {
        return Err(Skip::new(
            "the cores of the server's machine are not known",
            "run Aforo on that machine",
        ));
    };
    let right = cores.div_ceil(2);
    judged(
        warning_if(workers > f64::from(right)),
        format!("one step of a plan may start {workers} workers on {cores} cores"),
        remedies::set("max_parallel_workers_per_gather", &right.to_string()),
        &[("worker_count", workers), ("core_count", f64::from(cores))],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn more_than_half_the_cores_are_warned_of() {
        // Four cores.
        let at =
            |value| Fixture::healthy().with_setting("max_parallel_workers_per_gather", value).grade(&CHECK);
        assert_eq!(["0", "2", "3"].map(at), [Grade::Ok, Grade::Ok, Grade::Warning]);
        let remote = Fixture::healthy().with(|evidence| evidence.server.host_core_count = None);
        assert_eq!(remote.grade(&CHECK), Grade::Skipped);
    }
}
