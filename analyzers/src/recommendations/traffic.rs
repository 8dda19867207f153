//! The run's own traffic: how long its requests took, and how much of that statements take.
//!
//! A request waits for its statements one after the other, so what a statement takes less, a request takes less, at most all of it.
//! Which requests those are, the attribution of statements to steps says. Calls that no step is known to cause save nobody time here.

use std::collections::BTreeMap;

use aforo_model::database::{HotStatement, StatementStep};
use aforo_model::{Answer, Effect, ExpectedChange, Gain, Interval, RunRecord, StepRecord, TimeSummary};

/// A statement below this share of the time of all requests is no ground to act by itself.
pub(super) const LEAST_RATIO: f64 = 0.01;

/// Requests of a run with their response time.
#[derive(Debug)]
pub(super) struct Traffic<'r> {
    record: &'r RunRecord,
    steps: BTreeMap<&'r str, StepTraffic>,
    requests: f64,
    time_ms: f64,
}

#[derive(Debug, Clone, Copy)]
struct StepTraffic {
    requests: f64,
    time_ms: f64,
}

/// Time that requests are saved.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Saved {
    /// As a share of the response time of all requests, 0–1.
    pub(super) ratio: f64,
    /// As a share of each step's own response time, 0–1. Empty where nobody knows which step causes what.
    pub(super) by_step: BTreeMap<String, f64>,
}

/// Calls of a statement over the judged requests.
#[derive(Debug, Default)]
struct Calls<'r> {
    by_step: BTreeMap<&'r str, f64>,
    /// Calls of requests of which nobody knows the step.
    of_any_step: f64,
}

impl<'r> Traffic<'r> {
    pub(super) fn of(record: &'r RunRecord) -> Self {
        let steps: BTreeMap<_, _> =
            record.load.steps.iter().map(|step| (step.name.as_str(), traffic_of(step))).collect();
        let requests = steps.values().map(|step| step.requests).sum();
        let time_ms = steps.values().map(|step| step.time_ms).sum();
        Self { record, steps, requests, time_ms }
    }

    /// The statement with a fingerprint among those that took the most time.
    pub(super) fn statement(&self, fingerprint: &str) -> Option<&'r HotStatement> {
        let report = self.record.database.as_ref()?;
        report.hot.iter().find(|statement| statement.fingerprint == fingerprint)
    }

    /// Requests of a step, over the judged part of the run.
    pub(super) fn requests_of(&self, step: &str) -> f64 {
        self.steps.get(step).map_or(0.0, |step| step.requests)
    }

    /// The share of the time of all requests that a statement takes, 0–1; absent where that is not known.
    pub(super) fn ratio_of(&self, fingerprint: &str) -> Option<f64> {
        let statement = self.statement(fingerprint)?;
        self.saved_by_statements(&[(fingerprint, statement.mean_ms)]).ok().map(|saved| saved.ratio)
    }

    /// What is saved where each call of some statements takes so many milliseconds less.
    ///
    /// # Errors
    /// Why nobody can say, as a sentence without a full stop.
    pub(super) fn saved_by_statements(&self, savings: &[(&str, f64)]) -> Result<Saved, String> {
        self.timed()?;
        let mut by_step: BTreeMap<&str, f64> = BTreeMap::new();
        let mut of_any_step = 0.0;
        let mut why = "the statements are not among those that took the most time".to_owned();
        let mut is_known = false;
        for (fingerprint, saved_ms) in savings {
            let Some(statement) = self.statement(fingerprint) else { continue };
            match self.calls(statement) {
                Ok(calls) => {
                    is_known = true;
                    of_any_step += calls.of_any_step * saved_ms.max(0.0);
                    for (step, count) in calls.by_step {
                        *by_step.entry(step).or_default() += count * saved_ms.max(0.0);
                    }
                }
                Err(reason) => why = reason,
            }
        }
        if is_known { Ok(self.saved(&by_step, of_any_step)) } else { Err(why) }
    }

    /// What is saved where each request of a step takes so many milliseconds less.
    ///
    /// # Errors
    /// Why nobody can say, as a sentence without a full stop.
    pub(super) fn saved_by_step(&self, step: &str, saved_ms: f64) -> Result<Saved, String> {
        self.timed()?;
        let requests = self.requests_of(step);
        if requests <= 0.0 {
            return Err(format!("the run sent no request of {step}"));
        }
        Ok(self.saved(&BTreeMap::from([(step, requests * saved_ms.max(0.0))]), 0.0))
    }

    /// What is saved where each request takes so many milliseconds less. Which step gains how much is known only where there is one.
    ///
    /// # Errors
    /// Why nobody can say, as a sentence without a full stop.
    pub(super) fn saved_by_each_request(&self, saved_ms: f64) -> Result<Saved, String> {
        match self.steps.keys().collect::<Vec<_>>().as_slice() {
            [step] => self.saved_by_step(step, saved_ms),
            _ => {
                self.timed()?;
                Ok(self.saved(&BTreeMap::new(), self.requests * saved_ms.max(0.0)))
            }
        }
    }

    /// Calls of a statement for the judged requests, at the rate that was counted; absent where it was not counted over a load.
    pub(super) fn counted(&self, statement: &HotStatement) -> Option<f64> {
        Some(statement.calls_per_request? * self.requests)
    }

    fn timed(&self) -> Result<(), String> {
        if self.time_ms > 0.0 {
            Ok(())
        } else {
            Err("no request of the run was timed, so there is no traffic to save time of".to_owned())
        }
    }

    /// A step cannot be saved more than it takes.
    fn saved(&self, by_step_ms: &BTreeMap<&str, f64>, of_any_step_ms: f64) -> Saved {
        let mut saved = Saved::default();
        let mut total_ms = of_any_step_ms;
        for (name, saved_ms) in by_step_ms {
            let Some(step) = self.steps.get(name).filter(|step| step.time_ms > 0.0) else { continue };
            let saved_ms = saved_ms.min(step.time_ms);
            total_ms += saved_ms;
            if saved_ms > 0.0 {
                saved.by_step.insert((*name).to_owned(), saved_ms / step.time_ms);
            }
        }
        saved.ratio = (total_ms / self.time_ms).clamp(0.0, 1.0);
        saved
    }

    /// The calls that requests cause, at most as many as were counted.
    fn calls(&self, statement: &'r HotStatement) -> Result<Calls<'r>, String> {
        let Some(counted) = self.counted(statement) else {
            return Err("the statements were not counted over a load".to_owned());
        };
        let report = self.record.database.as_ref();
        if report.is_some_and(|report| matches!(report.attribution, Answer::Absent { .. })) {
            return Ok(Calls { of_any_step: counted, ..Calls::default() });
        }
        let certain = statement.steps.iter().filter(|step| is_certain(step));
        let mut by_step: BTreeMap<&str, f64> = certain
            .map(|step| (step.step.as_str(), step.calls_per_request.estimate * self.requests_of(&step.step)))
            .collect();
        let explained: f64 = by_step.values().sum();
        if explained <= 0.0 {
            return Err("no step is known to cause the calls of these statements".to_owned());
        }
        if explained > counted {
            by_step.values_mut().for_each(|calls| *calls *= counted / explained);
        }
        Ok(Calls { by_step, of_any_step: 0.0 })
    }
}

/// Whether a step is known to cause a statement: by at least half of the calls that are estimated. Steps that rise and fall together
/// lend each other calls, with wide intervals.
pub(super) fn is_certain(step: &StatementStep) -> bool {
    const LEAST_CERTAIN_RATIO: f64 = 0.5;
    let calls = step.calls_per_request;
    calls.low > 0.0 && calls.low >= LEAST_CERTAIN_RATIO * calls.estimate
}

fn traffic_of(step: &StepRecord) -> StepTraffic {
    let time_ms = |times: &TimeSummary| times.mean_us.unwrap_or(0.0) * times.count as f64 / 1e3;
    StepTraffic {
        requests: step.requests as f64,
        time_ms: time_ms(&step.response_time) + time_ms(&step.failed_response_time),
    }
}

/// The steps that gain, the one with the most time saved first.
pub(super) fn steps_by_gain(record: &RunRecord, saved: &Saved) -> Vec<String> {
    let traffic = Traffic::of(record);
    let time_of = |name: &str| traffic.steps.get(name).map_or(0.0, |step| step.time_ms);
    let mut steps: Vec<(&String, f64)> =
        saved.by_step.iter().map(|(name, ratio)| (name, ratio * time_of(name))).collect();
    steps.sort_by(|one, other| other.1.total_cmp(&one.1));
    steps.into_iter().map(|(name, _)| name.clone()).collect()
}

/// The effect of an action: an estimate where it can be made, by itself or for the figures that change; else why not.
pub(super) fn effect(saved: Result<Saved, String>, changes: Vec<ExpectedChange>, how: &str) -> Effect {
    match saved {
        Ok(Saved { ratio, by_step }) => Effect::Estimated {
            gain: Gain { saved_ratio: Some(ratio), saved_by_step: by_step, changes },
            how: how.to_owned(),
        },
        Err(why) if changes.is_empty() => Effect::Unknown { why },
        Err(why) => Effect::Estimated {
            gain: Gain { saved_ratio: None, saved_by_step: BTreeMap::new(), changes },
            how: format!("{how} What requests gain is not known: {why}."),
        },
    }
}

/// A figure that is expected to change to one value.
pub(super) fn change(figure: impl Into<String>, unit: &str, before: f64, after: f64) -> ExpectedChange {
    let after = Interval { estimate: after, low: after, high: after };
    ExpectedChange { figure: figure.into(), unit: unit.to_owned(), before, after }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ADMIN_LIST, EVENT, Fixture};
    use super::*;

    fn saved(fixture: &Fixture, savings: &[(&str, f64)]) -> Result<Saved, String> {
        Traffic::of(&fixture.record).saved_by_statements(savings)
    }

    #[test]
    fn time_of_calls_is_time_of_the_requests_that_cause_them() {
        let saved = saved(&Fixture::hotel(), &[(ADMIN_LIST, 10.0), (EVENT, 0.05)]).unwrap();
        // 600 × 10 ms and 24,000 × 0.05 ms, of 60 s in all and of 30 s of the step.
        assert!((saved.ratio - 7.2 / 60.0).abs() < 1e-9, "{saved:?}");
        assert!((saved.by_step["admin_list"] - 7.2 / 30.0).abs() < 1e-9, "{saved:?}");
        assert_eq!(saved.by_step.len(), 1);
    }

    #[test]
    fn a_step_is_saved_no_more_than_it_takes() {
        let saved = saved(&Fixture::hotel(), &[(ADMIN_LIST, 1e6)]).unwrap();
        assert_eq!((saved.ratio, saved.by_step["admin_list"]), (0.5, 1.0));
    }

    #[test]
    fn steps_cause_no_more_calls_than_were_counted() {
        let mut fixture = Fixture::hotel();
        fixture.statement(ADMIN_LIST).calls_per_request = Some(0.25);
        let saved = saved(&fixture, &[(ADMIN_LIST, 10.0)]).unwrap();
        assert!((saved.ratio - 3.0 / 60.0).abs() < 1e-9, "300 calls: {saved:?}");
    }

    #[test]
    fn a_step_with_a_wide_interval_is_not_known_to_cause_anything() {
        let mut fixture = Fixture::hotel();
        fixture.statement(ADMIN_LIST).steps[0].calls_per_request.low = 0.49;
        assert!(saved(&fixture, &[(ADMIN_LIST, 10.0)]).unwrap_err().contains("no step is known"));
    }

    #[test]
    fn where_no_step_is_known_of_any_statement_all_calls_are_requests() {
        let mut fixture = Fixture::hotel();
        fixture.report().attribution = Answer::absent("too short");
        let saved = saved(&fixture, &[(ADMIN_LIST, 10.0)]).unwrap();
        assert!((saved.ratio - 6.0 / 60.0).abs() < 1e-9 && saved.by_step.is_empty(), "{saved:?}");
    }

    #[test]
    fn what_each_request_saves_is_a_single_steps_or_nobody_s() {
        let mut fixture = Fixture::hotel();
        let of = |fixture: &Fixture| Traffic::of(&fixture.record).saved_by_each_request(5.0);
        let saved = of(&fixture).unwrap();
        assert!((saved.ratio - 0.1).abs() < 1e-9 && saved.by_step.is_empty(), "5 of 50 ms: {saved:?}");
        fixture.record.load.steps.truncate(1);
        assert!((of(&fixture).unwrap().by_step["admin_list"] - 0.1).abs() < 1e-9);
        assert!(of(&Fixture::empty()).unwrap_err().contains("no request"));
    }

    #[test]
    fn without_requests_or_statements_there_is_a_reason() {
        assert!(saved(&Fixture::empty(), &[(ADMIN_LIST, 1.0)]).unwrap_err().contains("no request"));
        assert!(saved(&Fixture::hotel(), &[("unheard-of", 1.0)]).unwrap_err().contains("not among those"));
        let mut idle = Fixture::hotel();
        idle.statement(ADMIN_LIST).calls_per_request = None;
        assert!(saved(&idle, &[(ADMIN_LIST, 1.0)]).unwrap_err().contains("not counted over a load"));
    }
}
