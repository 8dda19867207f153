//! The run second by second.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, Series, TimeHistogram, Timeline};

use super::SecondTotal;

/// The longest time line, one day. A second beyond it counts in every other figure; the limit keeps a damaged
/// second number from asking for all memory.
const LONGEST_S: u32 = 24 * 3600;

/// The growing columns of the time line.
#[derive(Debug)]
pub(super) struct TimelineColumns {
    columns: Timeline,
}

impl TimelineColumns {
    pub(super) fn new(step_names: &[&str]) -> Self {
        let steps = step_names.iter().map(|name| ((*name).to_owned(), Series::default())).collect();
        Self { columns: Timeline { steps, ..Timeline::default() } }
    }

    pub(super) fn add(&mut self, second: &LoadSecond, all_steps: &SecondTotal) {
        if second.second >= LONGEST_S {
            return;
        }
        let index = second.second as usize;
        if self.columns.users.len() <= index {
            self.columns.users.resize(index + 1, 0);
        }
        self.columns.users[index] = second.users;
        let total = &mut self.columns.total;
        set(total, index, all_steps.requests, all_steps.errors, &all_steps.response_time);
        for (name, step) in &second.steps {
            let series = series_mut(&mut self.columns.steps, name);
            set(series, index, step.requests, step.error_count(), &step.response_time);
        }
    }

    /// The time line of `seen_s` seconds; every column has this length.
    pub(super) fn finish(&self, seen_s: u32) -> Timeline {
        let length = seen_s.min(LONGEST_S) as usize;
        let mut timeline = self.columns.clone();
        timeline.users.resize(length, 0);
        resize(&mut timeline.total, length);
        timeline.steps.values_mut().for_each(|series| resize(series, length));
        timeline
    }
}

fn series_mut<'a>(steps: &'a mut BTreeMap<String, Series>, name: &str) -> &'a mut Series {
    if !steps.contains_key(name) {
        steps.insert(name.to_owned(), Series::default());
    }
    steps.get_mut(name).expect("it was there or has just been inserted")
}

fn set(series: &mut Series, index: usize, requests: u64, errors: u64, response_time: &TimeHistogram) {
    if series.requests.len() <= index {
        resize(series, index + 1);
    }
    series.requests[index] = requests;
    series.errors[index] = errors;
    series.p50_us[index] = response_time.quantile_us(0.5);
    series.p95_us[index] = response_time.quantile_us(0.95);
    series.p99_us[index] = response_time.quantile_us(0.99);
}

fn resize(series: &mut Series, length: usize) {
    series.requests.resize(length, 0);
    series.errors.resize(length, 0);
    series.p50_us.resize(length, None);
    series.p95_us.resize(length, None);
    series.p99_us.resize(length, None);
}
