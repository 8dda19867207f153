//! Taking a second of a run into its record, and the histograms under it.

use aforo_analyzers::LoadSummary;
use aforo_model::{LoadSecond, RunRecord, StepSecond, TimeHistogram};

use crate::judging::canonical_run;
use crate::times_us;

/// A second in which each of the thirteen steps of a run had a thousand requests.
pub struct RunSeconds {
    run: RunRecord,
    second: LoadSecond,
    histogram: TimeHistogram,
    other: TimeHistogram,
}

impl Default for RunSeconds {
    /// Fills the histograms.
    fn default() -> Self {
        let run = canonical_run();
        let mut step = StepSecond { requests: 1_000, ..StepSecond::default() };
        times_us().for_each(|time_us| step.response_time.record_us(time_us));
        let histogram = step.response_time.clone();
        let steps =
            run.scenario.step_names().into_iter().map(|name| (name.to_owned(), step.clone())).collect();
        // A second of the warm-up would hardly be counted.
        let second = run.scenario.load.warm_up_s.ceil() as u32;
        let second = LoadSecond { second, users: 100, steps, ..LoadSecond::default() };
        Self { run, second, other: histogram.clone(), histogram }
    }
}

impl RunSeconds {
    /// An empty summary of the run.
    pub fn summary(&self) -> LoadSummary {
        LoadSummary::new(&self.run.scenario)
    }

    /// Takes the second into a summary.
    pub fn take_in(&self, summary: &mut LoadSummary) {
        summary.add(&self.second);
    }

    /// Counts a thousand times.
    pub fn record_thousand_times(&mut self) {
        times_us().for_each(|time_us| self.histogram.record_us(std::hint::black_box(time_us)));
    }

    /// Merges two histograms of a thousand times.
    pub fn merge_histograms(&mut self) {
        self.histogram.merge(&self.other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_thirteen_steps_is_taken_in() {
        let seconds = RunSeconds::default();
        assert_eq!(seconds.second.steps.len(), 13);
        let mut summary = seconds.summary();
        seconds.take_in(&mut summary);
        let load = summary.finish();
        assert_eq!(load.total.requests, 13_000);
    }

    #[test]
    fn merging_adds_the_counts() {
        let mut seconds = RunSeconds::default();
        seconds.merge_histograms();
        seconds.record_thousand_times();
        assert_eq!(seconds.histogram.count(), 3_000);
    }
}
