//! `autovacuum-workers-busy`
//!
//! **What:** vacuums that autovacuum runs in this database, against the workers it has for all databases.
//! **Why it hurts:** other tables wait for their turn, and gather dead rows meanwhile.
//! **Threshold:** all of them is a warning. Source: `PgHero` shows them; the threshold is ours.
//! **Remedy:** let each work faster; then more workers.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{parts, remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "autovacuum-workers-busy",
    area: CheckArea::Vacuum,
    weight: 2.0,
    summary: "every autovacuum worker is at work",
    reads: "pg_stat_progress_vacuum, autovacuum_max_workers",
    threshold: "all of them is a warning",
    source: "PgHero shows them; the threshold is ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    parts::primary(evidence, "no vacuum runs on a standby")?;
    let vacuums = parts::vacuums(evidence)?;
    let busy = vacuums.iter().filter(|vacuum| vacuum.is_automatic).count() as f64;
    let workers = settings::number(evidence, "autovacuum_max_workers")?;
    judged(
        warning_if(busy >= workers),
        format!("{busy} of {workers} autovacuum workers are at work in this database"),
        remedies::set("autovacuum_vacuum_cost_limit", "2000"),
        &[("busy_count", busy), ("worker_count", workers)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    fn running(count: usize, is_automatic: bool) -> Grade {
        let vacuum = aforo_model::database::VacuumProgress {
            table: "public.guests".to_owned(),
            phase: "scanning heap".to_owned(),
            scanned_ratio: 0.5,
            is_automatic,
        };
        Fixture::healthy().with(|evidence| evidence.vacuums = Some(vec![vacuum; count])).grade(&CHECK)
    }

    #[test]
    fn only_all_of_them_are_warned_of() {
        assert_eq!(
            [running(2, true), running(3, true), running(3, false)],
            [Grade::Ok, Grade::Warning, Grade::Ok]
        );
    }
}
