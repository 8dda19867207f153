//! `recovery-conflicts`
//!
//! **What:** statements that a standby cancelled because they were in the way of what it had to apply.
//! **Why it hurts:** each is a failed request that reads from the standby.
//! **Threshold:** any is a warning. Source: ours.
//! **Remedy:** `hot_standby_feedback`, or a longer `max_standby_streaming_delay`.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{parts, remedies};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "recovery-conflicts",
    area: CheckArea::Cache,
    weight: 1.0,
    summary: "statements that a standby cancelled",
    reads: "pg_stat_database.conflicts",
    threshold: "any is a warning",
    source: "ours",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let conflicts = parts::counters(evidence)?.conflicts;
    judged(
        warning_if(conflicts > 0),
        format!("{conflicts} statements were cancelled because of conflicts with recovery"),
        format!("on the standby: {}", remedies::set("hot_standby_feedback", "on")),
        &[("conflict_count", conflicts as f64)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn any_is_warned_of() {
        let of = |conflicts| {
            Fixture::healthy().with_counters(|counters| counters.conflicts = conflicts).grade(&CHECK)
        };
        assert_eq!([0, 1].map(of), [Grade::Ok, Grade::Warning]);
    }
}
