//! `random-page-cost`
//!
//! **What:** `random_page_cost` against `seq_page_cost`.
//! **Why it hurts:** at four times the price of the next page, the planner reads whole tables where an index
//! is far faster.
//! **Threshold:** four times or more, or less than once, is a warning. Source: `PGTune` (1.1 on SSD);
//! postgresqltuner.
//! **Remedy:** 1.1, unless the data lies on spinning disks.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

const HIGHEST_FACTOR: f64 = 4.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "random-page-cost",
    area: CheckArea::Planner,
    weight: 2.0,
    summary: "the planner takes the disk for a spinning one",
    reads: "random_page_cost, seq_page_cost",
    threshold: "four times or more, or less than once, is a warning",
    source: "PGTune (1.1 on SSD); postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let random = settings::number(evidence, "random_page_cost")?;
    let sequential = settings::number(evidence, "seq_page_cost")?;
    let seen = format!("random_page_cost is {random} and seq_page_cost is {sequential}");
    let remedy = remedies::set("random_page_cost", "1.1");
    judged(
        warning_if(random >= HIGHEST_FACTOR * sequential || random < sequential),
        seen,
        format!("unless the data lies on spinning disks: {remedy}"),
        &[("random_page_cost", random), ("seq_page_cost", sequential)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn the_price_of_a_spinning_disk_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("random_page_cost", value).grade(&CHECK);
        assert_eq!(["0.9", "1", "3.9", "4"].map(at), [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]);
    }
}
