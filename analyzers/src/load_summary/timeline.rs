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
    /// Whether starts can be dropped, so that their column has a length.
    is_open: bool,
}

impl TimelineColumns {
    pub(super) fn new(step_names: &[&str], is_open: bool) -> Self {
        let steps = step_names.iter().map(|name| ((*name).to_owned(), Series::default())).collect();
        Self { columns: Timeline { steps, ..Timeline::default() }, is_open }
    }

    pub(super) fn add(&mut self, second: &LoadSecond, all_steps: &SecondTotal) {
        if second.second >= LONGEST_S {
            return;
        }
        let index = second.second as usize;
        if self.columns.users.len() <= index {
            self.resize_shared(index + 1);
        }
        self.columns.users[index] = second.users;
        if self.is_open {
            self.columns.dropped_starts[index] = second.dropped_starts;
        }
        let total = &mut self.columns.total;
        set(total, index, all_steps.requests, all_steps.errors, &all_steps.response_time);
        set_service(total, index, all_steps.service_time.as_ref());
        for (name, step) in &second.steps {
            let series = series_mut(&mut self.columns.steps, name);
            set(series, index, step.requests, step.error_count(), &step.response_time);
            set_service(series, index, step.service_time.as_ref());
        }
    }

    /// Sets the quantile of the five seconds that end with this one, which was added before.
    pub(super) fn set_rolling(&mut self, second: u32, p95_us: Option<u64>) {
        if let Some(cell) = self.columns.rolling_p95_us.get_mut(second as usize) {
            *cell = p95_us;
        }
    }

    /// Gives the columns that the steps share this length.
    fn resize_shared(&mut self, length: usize) {
        self.columns.users.resize(length, 0);
        self.columns.rolling_p95_us.resize(length, None);
        if self.is_open {
            self.columns.dropped_starts.resize(length, 0);
        }
    }

    /// The time line of `seen_s` seconds; every column has this length.
    pub(super) fn finish(&self, seen_s: u32) -> Timeline {
        let length = seen_s.min(LONGEST_S) as usize;
        let mut columns = Self { columns: self.columns.clone(), is_open: self.is_open };
        columns.resize_shared(length);
        let mut timeline = columns.columns;
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

fn set_service(series: &mut Series, index: usize, service_time: Option<&TimeHistogram>) {
    let Some(service_time) = service_time else { return };
    if series.service_p95_us.len() <= index {
        series.service_p95_us.resize(index + 1, None);
    }
    series.service_p95_us[index] = service_time.quantile_us(0.95);
}

fn resize(series: &mut Series, length: usize) {
    series.requests.resize(length, 0);
    series.errors.resize(length, 0);
    series.p50_us.resize(length, None);
    series.p95_us.resize(length, None);
    series.p99_us.resize(length, None);
    if !series.service_p95_us.is_empty() {
        series.service_p95_us.resize(length, None);
    }
}
