//! `statistics-target`
//!
//! **What:** how many common values and bounds the planner knows of each column.
//! **Why it hurts:** too few make estimates wrong; far too many make each plan and each ANALYZE slow.
//! **Threshold:** below 100, or above 1000, is a warning. Source: `PGTune`: 100, for warehouses 500.
//! **Remedy:** 100; more for single columns: `ALTER TABLE … ALTER COLUMN … SET STATISTICS 1000`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

const RIGHT: std::ops::RangeInclusive<f64> = 100.0..=1000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "statistics-target",
    area: CheckArea::Planner,
    weight: 1.0,
    summary: "statistics too coarse or too fine",
    reads: "default_statistics_target",
    threshold: "below 100, or above 1000, is a warning",
    source: "PGTune: 100, for warehouses 500",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let target = settings::number(evidence, "default_statistics_target")?;
    judged(
        warning_if(!RIGHT.contains(&target)),
        format!("default_statistics_target is {target}"),
        format!("{} ANALYZE;", remedies::set("default_statistics_target", "100")),
        &[("statistics_target", target)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn coarse_and_very_fine_statistics_are_warned_of() {
        let at = |value| Fixture::healthy().with_setting("default_statistics_target", value).grade(&CHECK);
        assert_eq!(
            ["99", "100", "1000", "1001"].map(at),
            [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]
        );
    }
}
