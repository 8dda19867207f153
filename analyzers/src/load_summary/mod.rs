//! From the seconds of a run to the record of its load.

mod arrivals;
mod judged_part;
mod levels;
mod live;
mod step_totals;
mod timeline;
mod windows;

use std::collections::BTreeMap;

use aforo_model::{LoadRecord, LoadSecond, Scenario, TimeHistogram, Workload};

pub(crate) use judged_part::JudgedPart;
pub use live::LiveFigures;
pub(crate) use step_totals::StepTotals;

use arrivals::Arrivals;
use levels::Levels;
use live::RecentSeconds;
use timeline::TimelineColumns;
use windows::Windows;

/// Gathers the seconds of a run, in any order, each handed over once and whole. Only the five-second quantiles of
/// the time line want them in order: a second that comes late has none.
///
/// - Warm-up is on the time line and in no other figure.
/// - Requests that end while the run drains are counted with the judged ones: most of them began in the judged
///   part, and the slowest are among them. Only throughput and the windows leave them out, because both
///   divide by the time until the order to stop.
/// - Where the run was cut short, what was seen is what is judged.
///
/// Memory is bounded by the number of steps and seconds, not by the number of requests.
#[derive(Debug)]
pub struct LoadSummary {
    part: JudgedPart,
    /// The steps of the scenario in its order, then any other step that was seen.
    steps: Vec<StepTotals>,
    planned_step_count: usize,
    timeline: TimelineColumns,
    windows: Windows,
    levels: Levels,
    /// Absent for a closed workload.
    arrivals: Option<Arrivals>,
    recent: RecentSeconds,
    peak_users: u32,
    user_time_us: u64,
    think_time_us: u64,
    /// Seconds seen since the start of the run, gaps included.
    seen_s: u32,
}

impl LoadSummary {
    /// An empty summary of a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        let part = JudgedPart::of(&scenario.load);
        let is_open = matches!(scenario.load.workload, Workload::Open { .. });
        let steps: Vec<_> = scenario.step_names().into_iter().map(StepTotals::new).collect();
        Self {
            part,
            planned_step_count: steps.len(),
            timeline: TimelineColumns::new(&scenario.step_names(), is_open),
            windows: Windows::new(part),
            levels: Levels::new(scenario),
            arrivals: is_open.then(Arrivals::default),
            steps,
            recent: RecentSeconds::default(),
            peak_users: 0,
            user_time_us: 0,
            think_time_us: 0,
            seen_s: 0,
        }
    }

    /// Adds one second. Seconds in which nothing ended must be handed over too where they are the last ones,
    /// or a target that hangs would shorten the time by which throughput is divided.
    pub fn add(&mut self, second: &LoadSecond) {
        let all_steps = SecondTotal::of(second);
        self.seen_s = self.seen_s.max(second.second.saturating_add(1));
        self.peak_users = self.peak_users.max(second.users);
        self.timeline.add(second, &all_steps);
        self.recent.add(second, &all_steps);
        self.timeline.set_rolling(second.second, self.recent.p95_us_at(second.second));
        self.levels.add(second);
        if self.part.is_warm_up(second.second) {
            return;
        }
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.add(second);
        }
        let draining = self.part.is_draining(second.second);
        if !draining {
            self.user_time_us = self.user_time_us.saturating_add(second.user_time_us);
            self.think_time_us = self.think_time_us.saturating_add(second.think_time_us);
            self.windows.add(second, &all_steps);
        }
        for (name, step) in &second.steps {
            self.step_mut(name).add(step, draining);
        }
    }

    /// The record of everything added so far. It may be asked for at any time, so that a run that is killed
    /// leaves what was seen.
    pub fn finish(&self) -> LoadRecord {
        let judged_s = self.part.judged_s(self.seen_s);
        let mut total = StepTotals::new("total");
        for step in &self.steps {
            total.merge(step);
        }
        let mut steps: Vec<_> = self.steps.iter().map(|step| step.record(judged_s)).collect();
        // In which order unplanned steps first turned up says nothing; their names do.
        steps[self.planned_step_count..].sort_by(|left, right| left.name.cmp(&right.name));
        LoadRecord {
            // The engine alone knows; the pipeline fills it in.
            aborted_requests: 0,
            arrivals: self.arrivals.as_ref().map(Arrivals::record),
            judged_s,
            peak_users: self.peak_users,
            mean_users: if judged_s > 0.0 { self.user_time_us as f64 / 1e6 / judged_s } else { 0.0 },
            think_time_s: self.think_time_us as f64 / 1e6,
            total: total.record(judged_s),
            steps,
            timeline: self.timeline.finish(self.seen_s),
            windows: self.windows.finish(self.seen_s),
            levels: self.levels.finish(self.seen_s),
        }
    }

    /// The histogram of each step that has one, over the judged part: what the quantiles of the record are taken from.
    pub fn judged_histograms(&self) -> BTreeMap<String, TimeHistogram> {
        let timed = self.steps.iter().filter(|step| !step.response_time().is_empty());
        timed.map(|step| (step.name().to_owned(), step.response_time().clone())).collect()
    }

    /// What a live line shows, over the last seconds. Cheap enough to ask every second.
    pub fn live(&self) -> LiveFigures {
        self.recent.figures()
    }

    fn step_mut(&mut self, name: &str) -> &mut StepTotals {
        let index = self.steps.iter().position(|step| step.name() == name).unwrap_or_else(|| {
            self.steps.push(StepTotals::new(name));
            self.steps.len() - 1
        });
        &mut self.steps[index]
    }
}

/// All steps of one second together.
struct SecondTotal {
    requests: u64,
    errors: u64,
    response_time: TimeHistogram,
    /// Absent where no step tells it from response time.
    service_time: Option<TimeHistogram>,
}

impl SecondTotal {
    fn of(second: &LoadSecond) -> Self {
        let mut total =
            Self { requests: 0, errors: 0, response_time: TimeHistogram::new(), service_time: None };
        for step in second.steps.values() {
            total.requests = total.requests.saturating_add(step.requests);
            total.errors = total.errors.saturating_add(step.error_count());
            total.response_time.merge(&step.response_time);
            if let Some(service_time) = &step.service_time {
                total.service_time.get_or_insert_default().merge(service_time);
            }
        }
        total
    }
}

#[cfg(test)]
mod tests;
