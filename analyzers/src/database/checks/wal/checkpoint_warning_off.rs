//! `checkpoint-warning-off`
//!
//! **What:** whether the server writes a line when checkpoints follow each other too fast.
//! **Why it hurts:** a log that is too small for the load shows nowhere else but in slow commits.
//! **Threshold:** 0 (off) is a warning. Source: postgresqltuner.
//! **Remedy:** 30 s, as Postgres has it by itself.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "checkpoint-warning-off",
    area: CheckArea::Wal,
    weight: 1.0,
    summary: "frequent checkpoints go unnoticed",
    reads: "checkpoint_warning",
    threshold: "0 (off) is a warning",
    source: "postgresqltuner",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let below_s = settings::milliseconds(evidence, "checkpoint_warning")? / 1e3;
    judged(
        warning_if(below_s == 0.0),
        format!("checkpoint_warning is {below_s} s"),
        remedies::set("checkpoint_warning", "30s"),
        &[("checkpoint_warning_s", below_s)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn only_off_is_warned_of() {
        let at = |value| Fixture::healthy().with_setting("checkpoint_warning", value).grade(&CHECK);
        assert_eq!(["0", "1"].map(at), [Grade::Warning, Grade::Ok]);
    }
}
