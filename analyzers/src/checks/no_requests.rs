//! `no-requests`
//!
//! **What:** a step that could have been taken and was not, once, in the judged part.
//! **Why it hurts:** the endpoint looks fine because nobody asked it.
//! **Threshold:** zero requests. Steps of probability zero and of journeys of weight zero are meant to be left out.
//! **Remedy:** an earlier step of the journey fails or yields no data, or the run is too short.

use aforo_model::{Finding, Severity, StepRecord, Subject};

use super::{Check, finding};
use crate::Evidence;

pub(super) const CHECK: Check = Check { code: "no-requests", summary: "a step was never taken", run };

fn run(evidence: &Evidence<'_>) -> Vec<Finding> {
    if evidence.load.total.requests == 0 {
        return vec![finding(
            CHECK.code,
            Subject::Total,
            Severity::Critical,
            "not one request ended in the judged part of the run".to_owned(),
            "check that the target answers (`aforo check`), and that the run is longer than its warm-up"
                .to_owned(),
            &[("judged_s", evidence.load.judged_s)],
        )];
    }
    let untaken = |step: &&StepRecord| step.requests == 0 && is_meant_to_be_taken(&step.name, evidence);
    evidence.load.steps.iter().filter(untaken).map(never_taken).collect()
}

fn never_taken(step: &StepRecord) -> Finding {
    finding(
        CHECK.code,
        Subject::Step(step.name.clone()),
        Severity::Warning,
        "the step was never taken in the judged part of the run".to_owned(),
        "see whether an earlier step of its journey fails or finds no data for it; else run for longer or with more users"
            .to_owned(),
        &[("requests", 0.0)],
    )
}

fn is_meant_to_be_taken(name: &str, evidence: &Evidence<'_>) -> bool {
    evidence
        .scenario
        .journeys
        .iter()
        .filter(|journey| journey.weight > 0)
        .flat_map(|journey| &journey.steps)
        .any(|step| step.name == name && step.probability > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, healthy_second, summarized};

    fn without_book() -> Fixture {
        let mut fixture = Fixture::healthy();
        let mut second = healthy_second(0);
        second.steps.remove("book");
        fixture.load = summarized(&fixture.scenario, &[second]);
        fixture
    }

    #[test]
    fn a_step_never_taken_is_found_by_name() {
        let findings = run(&without_book().evidence());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].subject, Subject::Step("book".to_owned()));
    }

    #[test]
    fn a_step_that_is_switched_off_is_not_missed() {
        let mut fixture = without_book();
        fixture.scenario.journeys[0].steps[1].probability = 0.0;
        assert_eq!(run(&fixture.evidence()), []);
    }

    #[test]
    fn an_empty_run_is_one_finding_and_not_one_a_step() {
        let findings = run(&Fixture::empty().evidence());
        assert_eq!(findings.len(), 1);
        assert_eq!((&findings[0].subject, findings[0].severity), (&Subject::Total, Severity::Critical));
    }
}
