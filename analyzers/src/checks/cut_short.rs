//! `cut-short`
//!
//! **What:** the run ended before its time, and not because the target died (that is `target-died`) or the run was lost
//! (that is `ended-early`).
//! **Why it hurts:** what comes late (leaks, full load, the slow hour) was not seen.
//! **Threshold:** none; it is so or not.
//! **Remedy:** run it again to the end.

use aforo_model::{Finding, RunEnd, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::slo::cut_short;

pub(super) const CHECK: Check = Check { code: "cut-short", summary: "the run ended before its time", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let (cause, at_s) = match evidence.end {
        RunEnd::Completed | RunEnd::TargetDied { .. } | RunEnd::Aborted { .. } => return Vec::new(),
        RunEnd::Running => (String::new(), None),
        RunEnd::Interrupted { at_s } => (", because it was interrupted".to_owned(), Some(*at_s)),
        RunEnd::Killed { at_s } => {
            (", because Aforo was killed; this is what had been saved".to_owned(), Some(*at_s))
        }
        RunEnd::Failed { at_s, why } => (format!(", because Aforo could not go on: {why}"), Some(*at_s)),
    };
    let Some(statement) = cut_short(evidence.end, &evidence.scenario.load) else { return Vec::new() };
    let mut numbers = vec![("duration_s", evidence.scenario.load.duration_s)];
    numbers.extend(at_s.map(|at_s| ("at_s", at_s)));
    vec![finding(
        CHECK.code,
        part("record"),
        Severity::Warning,
        format!("{statement}{cause}"),
        "run it again to the end; until then no objective counts as met".to_owned(),
        &numbers,
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    fn found(end: RunEnd) -> Vec<Finding> {
        run(&Fixture { end, ..Fixture::healthy() }.evidence())
    }

    #[test]
    fn every_early_end_but_the_target_s_is_found_with_its_cause() {
        for (end, word) in [
            (RunEnd::Running, "had not ended"),
            (RunEnd::Interrupted { at_s: 12.0 }, "12 s of 60 s, because it was interrupted"),
            (RunEnd::Killed { at_s: 12.0 }, "killed"),
            (RunEnd::Failed { at_s: 12.0, why: "the disk is full".to_owned() }, "disk is full"),
        ] {
            let findings = found(end);
            assert!(findings.len() == 1 && findings[0].message.contains(word), "{findings:?}");
        }
        assert_eq!(found(RunEnd::Completed), []);
        assert_eq!(found(RunEnd::TargetDied { at_s: 12.0, why: String::new() }), []);
    }
}
