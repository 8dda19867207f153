//! `target-died`
//!
//! **What:** the target stopped answering for good while it was under load.
//! **Why it hurts:** there is no service.
//! **Threshold:** none; the load engine decides when it gives up.
//! **Remedy:** the target's log and its memory just before that second.

use aforo_model::{Finding, RunEnd, Severity};

use super::{Check, finding, part};
use crate::Evidence;
use crate::wording::seconds;

pub(super) const CHECK: Check =
    Check { code: "target-died", summary: "the target stopped answering for good", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    let RunEnd::TargetDied { at_s, why } = evidence.end else { return Vec::new() };
    vec![finding(
        CHECK.code,
        part("target"),
        Severity::Critical,
        format!("the target gave its last answer {} into the run: {why}", seconds(*at_s)),
        "read the target's log and its resources just before that second; was it out of memory, did it crash or was it stopped?"
            .to_owned(),
        &[("at_s", *at_s)],
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn the_second_of_the_last_answer_is_named() {
        let mut fixture = Fixture::healthy();
        assert_eq!(run(&fixture.evidence()), []);
        fixture.end = RunEnd::TargetDied { at_s: 41.0, why: "connection refused".to_owned() };
        let findings = run(&fixture.evidence());
        assert!(findings[0].message.contains("41 s into the run: connection refused"), "{findings:?}");
    }
}
