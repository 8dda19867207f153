//! The histograms of a whole run, step by step, as its quantiles are taken from them.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, Scenario, TimeHistogram};

use crate::load_summary::JudgedPart;

/// Merges the response times of the judged seconds of a run.
#[derive(Debug)]
pub struct JudgedHistograms {
    part: JudgedPart,
    steps: BTreeMap<String, TimeHistogram>,
}

impl JudgedHistograms {
    /// Those of a run of `scenario` of which nothing was seen yet.
    pub fn new(scenario: &Scenario) -> Self {
        Self { part: JudgedPart::of(&scenario.load), steps: BTreeMap::new() }
    }

    /// Adds one second. Those of the warm-up are passed over; those of the draining count, as they do in the record.
    pub fn add(&mut self, second: &LoadSecond) {
        if self.part.is_warm_up(second.second) {
            return;
        }
        for (name, step) in &second.steps {
            if step.response_time.is_empty() {
                continue;
            }
            match self.steps.get_mut(name) {
                Some(times) => times.merge(&step.response_time),
                None => {
                    self.steps.insert(name.clone(), step.response_time.clone());
                }
            }
        }
    }

    /// The histogram of each step that has one.
    pub fn finish(self) -> BTreeMap<String, TimeHistogram> {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LoadSummary;
    use crate::history::fixtures::{scenario, second};

    #[test]
    fn they_give_the_quantiles_of_the_record() {
        let scenario = scenario(30.0, 5.0);
        let mut histograms = JudgedHistograms::new(&scenario);
        let mut summary = LoadSummary::new(&scenario);
        for at in 0..33 {
            let second = second(at, 50 + u64::from(at) * 7);
            histograms.add(&second);
            summary.add(&second);
        }
        let record = summary.finish();
        let histograms = histograms.finish();
        assert_eq!(histograms, summary.judged_histograms());
        for step in &record.steps {
            assert_eq!(histograms[&step.name].summary(), step.response_time, "{}", step.name);
        }
    }
}
