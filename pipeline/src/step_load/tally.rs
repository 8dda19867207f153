//! The seconds of a load of one step, summed.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, ResourceSample, StepSecond};
use aforo_scenarios::AloneScenario;

use super::{SecondCount, StepLoadEnd, StepLoadError, StepLoadOutcome, StepLoadProgress};
use crate::wall_inputs::{WallInputs, WatchedLoad, target_cpu_s};

/// More failures than this, and what is measured is the path of an error.
const MOST_ERRORS_RATIO: f64 = 0.05;
/// Requests of other steps after which the step itself should have been sent, at the least.
const PATIENCE_REQUESTS: u64 = 100;
/// Texts of failures that are kept of one step.
const EXAMPLES: usize = 20;

/// What ended so far, second by second and, over the judged part, by step.
#[derive(Debug)]
pub(super) struct Tally {
    step: String,
    needed: Vec<String>,
    /// Requests of the step that were asked for.
    goal: u64,
    warm_up_s: f64,
    duration_s: f64,
    is_closed: bool,
    judged_to_s: f64,
    judged: BTreeMap<String, StepSecond>,
    seconds: Vec<SecondCount>,
    pub(super) resources: Vec<ResourceSample>,
}

impl Tally {
    pub(super) fn new(alone: &AloneScenario, goal: u64) -> Self {
        let load = &alone.scenario.load;
        Self {
            step: alone.step.clone(),
            needed: alone.needed_steps.clone(),
            goal,
            warm_up_s: load.warm_up_s,
            duration_s: load.duration_s,
            is_closed: false,
            judged_to_s: load.warm_up_s,
            judged: BTreeMap::new(),
            seconds: Vec::new(),
            resources: Vec::new(),
        }
    }

    /// Takes in a second; it is judged when all of it lies between the warm-up and the order to stop.
    pub(super) fn add(&mut self, second: &LoadSecond) {
        self.seconds.push(SecondCount {
            second: second.second,
            requests: second.steps.get(&self.step).map_or(0, |seen| seen.requests),
            all_requests: second.steps.values().map(|seen| seen.requests).sum(),
        });
        let (from_s, to_s) = (f64::from(second.second), f64::from(second.second) + 1.0);
        if self.is_closed || from_s < self.warm_up_s || to_s > self.duration_s {
            return;
        }
        self.judged_to_s = to_s;
        for (step, seen) in &second.steps {
            let judged = self.judged.entry(step.clone()).or_default();
            judged.merge(seen);
            judged.error_messages.truncate(EXAMPLES);
        }
    }

    /// What comes from now on is not judged.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) fn progress(&self) -> StepLoadProgress {
        let last_s = self.resources.last().map_or(self.warm_up_s, |sample| sample.at_s);
        StepLoadProgress {
            requests: self.requests(),
            errors: self.judged.get(&self.step).map_or(0, StepSecond::error_count),
            judged_s: self.judged_to_s - self.warm_up_s,
            target_cpu_s: (last_s > self.warm_up_s)
                .then(|| target_cpu_s(&self.resources, self.warm_up_s, last_s))
                .flatten(),
        }
    }

    /// Whether it is certain that [`check`](Self::check) will find an error: even if all that is to come were good, or
    /// because the steps before it go on and on without it.
    pub(super) fn is_hopeless(&self) -> bool {
        let fails = |seen: &StepSecond| exceeds(seen.error_count(), seen.requests.max(self.goal));
        let is_left_out = self.requests() == 0 && self.all_requests() >= self.goal.max(PATIENCE_REQUESTS);
        is_left_out || self.judged.values().any(fails)
    }

    /// # Errors
    /// When what was seen is of no use.
    pub(super) fn check(&self, end: StepLoadEnd) -> Result<(), StepLoadError> {
        let fails = |seen: &StepSecond| exceeds(seen.error_count(), seen.requests);
        // In the order in which they are sent: what fails first lets the others fail.
        let sent = self.needed.iter().chain([&self.step]);
        let mut judged = sent.filter_map(|step| Some((step, self.judged.get(step)?)));
        if let Some((step, seen)) = judged.find(|(_, seen)| fails(seen)) {
            return Err(StepLoadError::Fails {
                step: step.clone(),
                errors: seen.error_count(),
                requests: seen.requests,
                example: example(seen),
                help: help(seen),
            });
        }
        match (self.requests(), end) {
            (0, StepLoadEnd::Interrupted) => Err(StepLoadError::Interrupted),
            (0, _) => Err(StepLoadError::NoRequests {
                step: self.step.clone(),
                judged_s: self.judged_to_s - self.warm_up_s,
                needed: self.needed.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// What the load gave; `wall` puts what else was read beside it.
    pub(super) fn conclude(
        self,
        end: StepLoadEnd,
        wall: impl FnOnce(WatchedLoad<'_>) -> WallInputs,
    ) -> StepLoadOutcome {
        let requests = self.requests();
        let busy_us: u64 = self.judged.values().map(|seen| seen.busy_time_us).sum();
        let wall = wall(WatchedLoad {
            seconds: &self.seconds,
            mean_response_time_us: busy_us as f64 / self.all_requests().max(1) as f64,
            resources: &self.resources,
        });
        let own = self.judged.get(&self.step);
        StepLoadOutcome {
            end,
            judged_from_s: self.warm_up_s,
            judged_to_s: self.judged_to_s,
            requests,
            errors: own.map_or(0, StepSecond::error_count),
            seconds: self.seconds,
            resources: self.resources,
            wall,
        }
    }

    fn requests(&self) -> u64 {
        self.judged.get(&self.step).map_or(0, |seen| seen.requests)
    }

    fn all_requests(&self) -> u64 {
        self.judged.values().map(|seen| seen.requests).sum()
    }
}

fn exceeds(errors: u64, requests: u64) -> bool {
    errors as f64 > requests as f64 * MOST_ERRORS_RATIO
}

/// A failure of the most frequent kind.
fn example(seen: &StepSecond) -> String {
    let kind = seen.errors.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| *kind);
    let mut messages = seen.error_messages.iter();
    let message = messages.find(|(of, _)| Some(*of) == kind).or_else(|| seen.error_messages.first());
    message.map_or_else(|| "without a message".to_owned(), |(_, message)| message.clone())
}

fn help(seen: &StepSecond) -> &'static str {
    let refused: u64 = [401, 403].iter().filter_map(|status| seen.statuses.get(status)).sum();
    if refused * 2 > seen.error_count() {
        return "it is refused for want of a login: let a step before it in its journey extract a token that it uses, or log in \
                by a POST whose path ends in /login or /session and of which nothing is extracted";
    }
    "it may need a step before it that gives it no value, or its expectation may be wrong: `aforo run` shows its errors among \
     the whole journey"
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aforo_model::ErrorKind;
    use aforo_scenarios::{alone, load_scenario};
    use miette::Diagnostic as _;

    use super::*;

    /// A load of `prereserve`, which needs `availability`, of ten seconds.
    fn tally(goal: u64) -> Tally {
        let baseline = load_scenario("baseline", None).unwrap();
        Tally::new(&alone(&baseline, "prereserve", 2, Duration::from_secs(10)).unwrap(), goal)
    }

    fn seen(requests: u64, errors: u64, status: u16) -> StepSecond {
        let mut seen = StepSecond { requests, busy_time_us: requests * 1_000, ..StepSecond::default() };
        (0..requests - errors).for_each(|_| seen.response_time.record_us(2_000));
        if errors > 0 {
            seen.errors.insert(ErrorKind::Status, errors);
            seen.statuses.insert(status, errors);
            seen.error_messages.push((ErrorKind::Status, format!("status {status}")));
        }
        seen
    }

    fn second(second: u32, steps: &[(&str, StepSecond)]) -> LoadSecond {
        let steps = steps.iter().map(|(name, seen)| ((*name).to_owned(), seen.clone())).collect();
        LoadSecond { second, steps, ..LoadSecond::default() }
    }

    fn concluded(tally: Tally) -> StepLoadOutcome {
        tally.conclude(StepLoadEnd::Enough, |load| WallInputs {
            mean_response_time_us: load.mean_response_time_us,
            ..WallInputs::default()
        })
    }

    #[test]
    fn warm_up_and_what_ends_after_the_order_to_stop_are_not_judged() {
        let mut tally = tally(10);
        for number in 0..6 {
            if number == 5 {
                tally.close();
            }
            tally.add(&second(number, &[("availability", seen(20, 0, 0)), ("prereserve", seen(10, 0, 0))]));
        }
        assert_eq!((tally.progress().requests, tally.progress().judged_s), (30, 3.0));
        let outcome = concluded(tally);
        assert_eq!((outcome.requests, outcome.errors), (30, 0));
        assert_eq!((outcome.judged_from_s, outcome.judged_to_s), (2.0, 5.0));
        assert_eq!(outcome.wall.mean_response_time_us, 1_000.0);
        assert_eq!(outcome.seconds.len(), 6);
        assert_eq!(outcome.seconds[5], SecondCount { second: 5, requests: 10, all_requests: 30 });
    }

    #[test]
    fn what_drains_after_the_longest_duration_is_not_judged() {
        let mut tally = tally(10);
        (8..12).for_each(|number| tally.add(&second(number, &[("prereserve", seen(1, 0, 0))])));
        assert_eq!(concluded(tally).requests, 2);
    }

    #[test]
    fn five_failures_of_a_hundred_are_borne_and_six_are_not() {
        for (errors, is_borne) in [(5, true), (6, false)] {
            let mut tally = tally(100);
            tally.add(&second(2, &[("prereserve", seen(100, errors, 500))]));
            assert_eq!(
                (tally.check(StepLoadEnd::Enough).is_ok(), tally.is_hopeless()),
                (is_borne, !is_borne)
            );
        }
        let mut early = tally(1_000);
        early.add(&second(2, &[("prereserve", seen(20, 20, 500))]));
        assert!(!early.is_hopeless(), "980 good ones may come");
    }

    #[test]
    fn the_first_step_that_fails_is_named_with_an_example() {
        let mut tally = tally(10);
        tally.add(&second(2, &[("availability", seen(50, 40, 404)), ("prereserve", seen(10, 10, 422))]));
        let error = tally.check(StepLoadEnd::Enough).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("`availability` fails: 40 of 50") && message.contains("status 404"),
            "{message}"
        );
        assert!(error.help().unwrap().to_string().contains("aforo run"));
    }

    #[test]
    fn who_is_refused_is_told_how_to_log_in() {
        let mut tally = tally(10);
        tally.add(&second(2, &[("prereserve", seen(50, 50, 401))]));
        let error = tally.check(StepLoadEnd::TimeLimit).unwrap_err();
        assert!(error.help().unwrap().to_string().contains("/login"), "{error}");
    }

    #[test]
    fn a_step_that_is_never_sent_is_told_from_an_early_interrupt() {
        let mut tally = tally(10);
        tally.add(&second(2, &[("availability", seen(99, 0, 0))]));
        assert!(!tally.is_hopeless());
        tally.add(&second(3, &[("availability", seen(1, 0, 0))]));
        assert!(tally.is_hopeless());
        let error = tally.check(StepLoadEnd::TimeLimit).unwrap_err();
        assert!(
            error.to_string().contains("in 2 s") && error.to_string().contains("availability"),
            "{error}"
        );
        assert!(matches!(tally.check(StepLoadEnd::Interrupted), Err(StepLoadError::Interrupted)));
    }

    #[test]
    fn examples_do_not_pile_up() {
        let mut tally = tally(10);
        (0..500).for_each(|_| tally.add(&second(5, &[("prereserve", seen(1, 1, 500))])));
        assert_eq!(tally.judged["prereserve"].error_messages.len(), EXAMPLES);
    }
}
