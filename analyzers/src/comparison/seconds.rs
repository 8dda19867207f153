//! The judged seconds of a run, small enough to hold those of many runs at once.

use std::collections::BTreeMap;

use aforo_model::{LoadSecond, Scenario, StepSecond, Subject};

/// The judged seconds of a run, gathered one by one: each may be dropped as soon as it was added.
///
/// A second takes a few bytes for each different response time in it, where a histogram takes tens of thousands.
#[derive(Debug, Clone, Default)]
pub struct RunSeconds {
    from_s: u32,
    stop_s: u32,
    /// Judged seconds seen, gaps included.
    seen: usize,
    steps: BTreeMap<String, BTreeMap<u32, Counts>>,
}

/// What ended in one second.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) errors: u64,
    /// Response times, µs, with how often each was seen, the smallest first.
    pub(super) times: Vec<(u32, u32)>,
}

impl RunSeconds {
    /// None yet of a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        // A cast from a float stops at the ends of u32; it never wraps.
        let (from_s, stop_s) =
            (scenario.load.warm_up_s.ceil() as u32, scenario.load.duration_s.floor() as u32);
        Self { from_s, stop_s, seen: 0, steps: BTreeMap::new() }
    }

    /// Adds one second with its histograms. Those of warm-up and of draining are passed over, and so is a last one that was cut
    /// off by the order to stop: a block of seconds is compared with others of the same length.
    pub fn add(&mut self, second: &LoadSecond) {
        if !(self.from_s..self.stop_s).contains(&second.second) {
            return;
        }
        let place = second.second - self.from_s;
        self.seen = self.seen.max(place as usize + 1);
        for (name, step) in &second.steps {
            if let Some(seconds) = self.steps.get_mut(name) {
                seconds.insert(place, Counts::of(step));
            } else {
                self.steps.insert(name.clone(), BTreeMap::from([(place, Counts::of(step))]));
            }
        }
    }

    /// How many judged seconds there are.
    pub(super) fn len(&self) -> usize {
        self.seen
    }

    /// The first judged second, counted from the start of the run.
    pub(super) fn first_s(&self) -> u32 {
        self.from_s
    }

    /// Every second of a step, or of all steps together: [`RunSeconds::len`] of them.
    pub(super) fn of(&self, subject: &Subject) -> Vec<Counts> {
        let mut seconds = vec![Counts::default(); self.seen];
        for (name, step) in &self.steps {
            let is_meant = match subject {
                Subject::Total => true,
                Subject::Step(wanted) => wanted == name,
                Subject::Part(_) | Subject::Statement(_) => false,
            };
            for (place, counts) in step.iter().filter(|_| is_meant) {
                if let Some(second) = seconds.get_mut(*place as usize) {
                    second.merge(counts);
                }
            }
        }
        seconds
    }
}

impl Counts {
    fn of(step: &StepSecond) -> Self {
        let recorded = step.response_time.counts().iter_recorded();
        // A histogram holds no time above an hour, which fits; nor can more end in a second than a u32 counts.
        let times = recorded
            .map(|time| (saturated(time.value_iterated_to()), saturated(time.count_at_value())))
            .collect();
        Self { requests: step.requests, errors: step.error_count(), times }
    }

    fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.errors = self.errors.saturating_add(other.errors);
        self.times.extend_from_slice(&other.times);
    }
}

fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
