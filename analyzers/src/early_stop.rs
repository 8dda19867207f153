//! When a run need not go on.

use std::collections::VecDeque;

use aforo_model::{Expression, Indicator, LoadSecond, ResourceSample, Scenario, StepRecord, Subject};

use crate::indicators::{Outcome, connection_use_of, measure_requests};
use crate::load_summary::StepTotals;
use crate::wording::seconds;

/// Seconds that are looked at together: those of a red flag, long enough that one slow second ends nothing.
const WINDOW_S: u32 = 10;

/// Watches a run second by second and says when it is certain that it need not go on: when, over the last ten judged
/// seconds, an objective marked `abort` was missed or a red flag was raised, and these ten seconds hold as many requests
/// as a judgement needs. An objective so marked must hold in any ten seconds, not only over the run as a whole.
///
/// It sees quantiles, mean, maximum and error rates of response time, and the use of Postgres connections. Everything
/// else (throughput, growth, drift, cache) describes only the whole run and ends nothing.
#[derive(Debug)]
pub struct EarlyStop {
    rules: Vec<Rule>,
    /// What each subject did in each of the last seconds, the oldest first; the same order as `subjects`.
    seconds: VecDeque<(u32, Vec<StepTotals>)>,
    subjects: Vec<Subject>,
    /// The first judged second, and the first after the order to stop.
    judged_s: std::ops::Range<u32>,
}

/// What ends a run.
#[derive(Debug)]
struct Rule {
    subject: Subject,
    expression: Expression,
    ends_when: EndsWhen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndsWhen {
    /// The expression is an objective.
    Missed,
    /// The expression is a red flag.
    Raised,
}

impl EarlyStop {
    /// A watch over the objectives marked `abort` and the red flags of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        let slos = scenario.slos.iter().filter(|slo| slo.abort).map(|slo| Rule {
            subject: slo.subject.clone(),
            expression: slo.expect,
            ends_when: EndsWhen::Missed,
        });
        let flags = scenario.red_flags.iter().map(|flag| Rule {
            subject: flag.subject.clone(),
            expression: flag.when,
            ends_when: EndsWhen::Raised,
        });
        let rules: Vec<Rule> = slos.chain(flags).collect();
        let mut subjects: Vec<Subject> = rules.iter().map(|rule| rule.subject.clone()).collect();
        subjects.sort();
        subjects.dedup();
        Self {
            rules,
            seconds: VecDeque::new(),
            subjects,
            judged_s: scenario.load.warm_up_s.ceil() as u32..scenario.load.duration_s.ceil() as u32,
        }
    }

    /// Looks at the next second. Gives the reason to end the run, as a sentence without a full stop.
    pub fn observe(&mut self, second: &LoadSecond) -> Option<String> {
        if self.rules.is_empty() || !self.judged_s.contains(&second.second) {
            return None;
        }
        self.remember(second);
        // Early in a run a few odd requests would decide.
        if second.second - self.judged_s.start + 1 < WINDOW_S {
            return None;
        }
        let records: Vec<StepRecord> = (0..self.subjects.len()).map(|at| self.over_window(at)).collect();
        self.rules.iter().find_map(|rule| {
            let at = self.subjects.iter().position(|subject| *subject == rule.subject)?;
            let measurement =
                measure_requests(&records[at], &rule.expression).filter(|_| records[at].requests > 0)?;
            let measured = measurement.value;
            rule.ended_by(
                &measurement.outcome(&rule.expression),
                measured,
                &format!(
                    "in the {} that ended at {}",
                    seconds(f64::from(WINDOW_S)),
                    seconds(f64::from(second.second) + 1.0)
                ),
            )
        })
    }

    /// Looks at the next reading of the resources, likewise.
    pub fn observe_resources(&self, sample: &ResourceSample) -> Option<String> {
        let judged_s = f64::from(self.judged_s.start)..f64::from(self.judged_s.end);
        if !judged_s.contains(&sample.at_s) {
            return None;
        }
        let rules = self.rules.iter().filter(|rule| rule.expression.indicator == Indicator::ConnectionUse);
        rules.into_iter().find_map(|rule| {
            let measurement = connection_use_of(std::iter::once(sample));
            let measured = measurement.value;
            let outcome = measurement.outcome(&rule.expression);
            rule.ended_by(&outcome, measured, &format!("at {}", seconds(sample.at_s)))
        })
    }

    fn remember(&mut self, second: &LoadSecond) {
        let totals = self.subjects.iter().map(|subject| {
            let mut totals = StepTotals::new(&subject.to_string());
            let speaks_of = |name: &str| match subject {
                Subject::Step(step) => step == name,
                Subject::Total | Subject::Part(_) | Subject::Statement(_) => true,
            };
            let steps = second.steps.iter().filter(|(name, _)| speaks_of(name));
            steps.for_each(|(_, step)| totals.add(step, false));
            totals
        });
        self.seconds.push_back((second.second, totals.collect()));
        self.seconds.retain(|(at, _)| at.saturating_add(WINDOW_S) > second.second);
    }

    /// What the subject at this index did over the last seconds.
    fn over_window(&self, subject: usize) -> StepRecord {
        let mut sum = StepTotals::new("");
        self.seconds.iter().for_each(|(_, totals)| sum.merge(&totals[subject]));
        sum.record(f64::from(WINDOW_S))
    }
}

impl Rule {
    /// The reason to end the run, if this is one.
    fn ended_by(&self, outcome: &Outcome, measured: Option<f64>, when: &str) -> Option<String> {
        let (ends, what) = match self.ends_when {
            EndsWhen::Missed => (*outcome == Outcome::Fails, "the objective"),
            EndsWhen::Raised => (*outcome == Outcome::Holds, "the red flag"),
        };
        let verb = if self.ends_when == EndsWhen::Missed { "missed" } else { "raised" };
        ends.then(|| {
            let unit = self.expression.objective.unit;
            let measured = measured.map_or(String::new(), |value| {
                format!(", {} was {}", self.expression.indicator, aforo_model::Quantity::new(value, unit))
            });
            format!("{what} `{}` on {} was {verb} {when}{measured}", self.expression, self.subject)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{healthy_sample, healthy_second, scenario, slo, step_second};
    use aforo_model::{RedFlag, Slo, StepSecond};

    fn flag(when: &str) -> RedFlag {
        RedFlag { subject: Subject::Total, when: when.parse().unwrap() }
    }

    fn watched(slos: &[&str], flags: &[&str]) -> Scenario {
        let mut scenario = scenario(60.0);
        scenario.slos = slos.iter().map(|text| Slo { abort: true, ..slo(text) }).collect();
        scenario.red_flags = flags.iter().map(|when| flag(when)).collect();
        scenario
    }

    /// The second at which a minute ends that is healthy but from second 30 on, and why.
    fn end(scenario: &Scenario, bad: impl Fn() -> StepSecond) -> Option<(u32, String)> {
        let mut early_stop = EarlyStop::new(scenario);
        (0..60).find_map(|index| {
            let mut second = healthy_second(index);
            if index >= 30 {
                second.steps.insert("search".to_owned(), bad());
            }
            early_stop.observe(&second).map(|why| (index, why))
        })
    }

    #[test]
    fn a_red_flag_ends_the_run_with_the_second_that_makes_it_certain() {
        // Ten of twenty fail: over ten seconds 200 requests, above 5 % with the second bad second at 10 %.
        let (at, why) = end(&watched(&[], &["error_rate > 5%"]), || step_second(10, 10, 100_000)).unwrap();
        assert_eq!(at, 31);
        assert_eq!(
            why,
            "the red flag `error_rate > 5%` on total was raised in the 10 s that ended at 32 s, error_rate was 10%"
        );
    }

    #[test]
    fn an_objective_ends_the_run_only_when_it_is_marked() {
        let slow = || step_second(10, 0, 5_000_000);
        let marked = watched(&["p95 < 3s"], &[]);
        // Five percent of the two hundred requests of a window are slow with the second slow second.
        assert_eq!(end(&marked, slow).unwrap().0, 31);
        let mut unmarked = marked;
        unmarked.slos[0].abort = false;
        assert_eq!(end(&unmarked, slow), None);
    }

    #[test]
    fn a_healthy_run_and_what_describes_only_the_whole_end_nothing() {
        let flags = ["error_rate > 5%", "p95 > 10s", "memory_growth > 30%", "connection_use > 90%"];
        assert_eq!(
            end(&watched(&["throughput > 999/s", "p95 < 3s"], &flags), || step_second(10, 0, 1)),
            None
        );
    }

    #[test]
    fn warm_up_the_first_seconds_and_draining_end_nothing() {
        let mut scenario = watched(&["error_rate < 1%"], &[]);
        scenario.load.warm_up_s = 20.0;
        let mut early_stop = EarlyStop::new(&scenario);
        let mut bad = |index| {
            let steps = [("search".to_owned(), step_second(30, 30, 1_000))].into();
            early_stop.observe(&LoadSecond { steps, ..healthy_second(index) })
        };
        assert!((0..29).all(|index| bad(index).is_none()));
        assert!(bad(29).is_some() && bad(60).is_none());
    }

    #[test]
    fn an_objective_on_a_step_looks_at_that_step_alone() {
        let mut scenario = watched(&["error_rate < 5%"], &[]);
        let bad = || step_second(10, 10, 1_000);
        scenario.slos[0].subject = Subject::Step("book".to_owned());
        assert_eq!(end(&scenario, bad), None);
        scenario.slos[0].subject = Subject::Step("search".to_owned());
        assert!(end(&scenario, bad).is_some());
    }

    #[test]
    fn one_reading_of_exhausted_connections_is_enough() {
        let early_stop = EarlyStop::new(&watched(&[], &["connection_use > 90%"]));
        let mut sample = healthy_sample(20);
        assert_eq!(early_stop.observe_resources(&sample), None);
        sample.postgres.as_mut().unwrap().connection_count = 97;
        let why = early_stop.observe_resources(&sample).unwrap();
        assert!(why.ends_with("was raised at 20 s, connection_use was 97%"), "{why}");
        sample.at_s = 61.0;
        assert_eq!(early_stop.observe_resources(&sample), None);
    }
}
