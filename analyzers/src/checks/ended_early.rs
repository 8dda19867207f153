//! `ended-early`
//!
//! **What:** Aforo ended the run before its time, because an objective marked `abort` was missed for certain, or a red
//! flag was raised.
//! **Why it hurts:** what the scenario forbids has happened; going on would only have cost time.
//! **Threshold:** none beside those of the objective or the flag, over ten seconds.
//! **Remedy:** look at what changed before; raise the load no further until it holds.

use aforo_model::{Finding, RunEnd, Severity, Subject};

use super::{Check, finding};
use crate::Evidence;
use crate::wording::seconds;

pub(super) const CHECK: Check =
    Check { code: "ended-early", summary: "Aforo ended the run because it was lost", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let RunEnd::Aborted { at_s, why } = evidence.end else { return Vec::new() };
    vec![finding(
        CHECK.code,
        Subject::Total,
        Severity::Critical,
        format!("Aforo ended the run after {}, because {why}", seconds(*at_s)),
        "look at the time line before the end: what changed first names the limit that was hit".to_owned(),
        &[("at_s", *at_s)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn a_run_that_was_ended_says_why_and_any_other_nothing() {
        let mut fixture = Fixture::healthy();
        assert_eq!(run(&fixture.evidence()), []);
        fixture.end = RunEnd::Interrupted { at_s: 31.0 };
        assert_eq!(run(&fixture.evidence()), []);
        fixture.end = RunEnd::Aborted { at_s: 31.0, why: "too many errors".to_owned() };
        let found = run(&fixture.evidence());
        assert_eq!(found[0].message, "Aforo ended the run after 31 s, because too many errors");
    }
}
