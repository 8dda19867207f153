//! What is to be known of a load whose step was profiled.

use super::Loaded;
use crate::step_load::{StepLoadEnd, StepLoadOutcome};

/// Each a sentence; none where the load went as it was wanted.
pub(super) fn of(loaded: &Loaded, outcome: &StepLoadOutcome) -> Vec<String> {
    [ended_early(loaded, outcome), failed(outcome), not_sent(loaded)].into_iter().flatten().collect()
}

fn ended_early(loaded: &Loaded, outcome: &StepLoadOutcome) -> Option<String> {
    let (ended, wanted) = (outcome.requests, loaded.wanted_requests);
    match outcome.end {
        StepLoadEnd::Enough => None,
        StepLoadEnd::Interrupted => Some(format!(
            "The load was stopped early: {ended} of the {wanted} requests that were wanted had ended, and the profile is of that \
             time only."
        )),
        StepLoadEnd::TimeLimit if ended < wanted => Some(format!(
            "The longest duration was reached when {ended} of the {wanted} requests that were wanted had ended; give it more time \
             with --max-duration, or more --users."
        )),
        StepLoadEnd::TimeLimit => Some(
            "The longest duration was reached before the profile was done; give it more time with --max-duration.".to_owned(),
        ),
    }
}

fn failed(outcome: &StepLoadOutcome) -> Option<String> {
    (outcome.errors > 0).then(|| {
        format!(
            "{} of {} requests failed, and their time is in the averages.",
            outcome.errors, outcome.requests
        )
    })
}

fn not_sent(loaded: &Loaded) -> Option<String> {
    (loaded.other_requests > 0).then(|| {
        format!(
            "The step {} stands for {} different requests in the scenario; only the one that needs the fewest others is sent.",
            loaded.step,
            loaded.other_requests + 1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wall_inputs::WallInputs;

    fn notes(other_requests: usize, requests: u64, errors: u64, end: StepLoadEnd) -> Vec<String> {
        let loaded = Loaded {
            step: "search".to_owned(),
            needed_steps: Vec::new(),
            other_requests,
            users: 4,
            wanted_requests: 1_000,
        };
        let outcome = StepLoadOutcome {
            end,
            judged_from_s: 2.0,
            judged_to_s: 9.0,
            requests,
            errors,
            seconds: Vec::new(),
            resources: Vec::new(),
            wall: WallInputs::default(),
        };
        of(&loaded, &outcome)
    }

    #[test]
    fn a_load_as_it_was_wanted_needs_no_word() {
        assert_eq!(notes(0, 1_000, 0, StepLoadEnd::Enough), Vec::<String>::new());
    }

    #[test]
    fn a_load_that_ended_early_says_why_and_how_far_it_came() {
        let notes_of = |requests, end| notes(0, requests, 0, end).concat();
        let text = notes_of(12, StepLoadEnd::Interrupted);
        assert!(text.contains("stopped early: 12 of the 1000 requests"), "{text}");
        let text = notes_of(12, StepLoadEnd::TimeLimit);
        assert!(text.contains("when 12 of the 1000") && text.contains("--max-duration"), "{text}");
        let text = notes_of(1_200, StepLoadEnd::TimeLimit);
        assert!(text.contains("before the profile was done"), "{text}");
    }

    #[test]
    fn failures_and_what_is_not_sent_are_told() {
        let notes = notes(2, 1_000, 7, StepLoadEnd::Enough);
        assert!(notes[0].starts_with("7 of 1000 requests failed"), "{notes:?}");
        assert!(notes[1].contains("search stands for 3 different requests"), "{notes:?}");
        assert_eq!(notes.len(), 2);
    }
}
