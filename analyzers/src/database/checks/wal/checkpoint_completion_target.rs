//! `checkpoint-completion-target`
//!
//! **What:** the part of the time between two checkpoints over which one is spread.
//! **Why it hurts:** a small part makes writes come in bursts, behind which every commit waits; the whole
//! leaves no room for delays.
//! **Threshold:** below 0.7, or above 0.95, is a warning. Source: postgresqltuner, which takes 0.7 to 0.9 for
//! right; 0.9 is the default from 14 on.
//! **Remedy:** 0.9.

use aforo_model::database::{CheckArea, DatabaseEvidence};

use crate::database::check::{CheckReading, DatabaseCheck, judged, warning_if};
use crate::database::{remedies, settings};

const RIGHT: std::ops::RangeInclusive<f64> = 0.70..=0.95;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "checkpoint-completion-target",
    area: CheckArea::Wal,
    weight: 2.0,
    summary: "checkpoints written in a rush, or with no time left",
    reads: "checkpoint_completion_target",
    threshold: "below 0.7, or above 0.95, is a warning",
    source: "postgresqltuner, which takes 0.7 to 0.9 for right; 0.9 is the default from 14 on",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let target = settings::number(evidence, "checkpoint_completion_target")?;
    judged(
        warning_if(!RIGHT.contains(&target)),
        format!("a checkpoint is spread over {target} of the time to the next"),
        remedies::set("checkpoint_completion_target", "0.9"),
        &[("target_ratio", target)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::Fixture;
    use aforo_model::database::Grade;

    #[test]
    fn rushed_and_endless_checkpoints_are_warned_of() {
        let at = |value| Fixture::healthy().with_setting("checkpoint_completion_target", value).grade(&CHECK);
        assert_eq!(
            ["0.5", "0.7", "0.95", "1"].map(at),
            [Grade::Warning, Grade::Ok, Grade::Ok, Grade::Warning]
        );
    }
}
