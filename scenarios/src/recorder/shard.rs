//! What one thread recorded.

use std::collections::BTreeMap;

use aforo_model::{ErrorKind, StepSecond, TimeHistogram};

use super::SECOND_US;

/// Failure texts kept of one step in one second by one thread.
const MESSAGES_PER_SECOND: usize = 3;

/// One request that ended. Times are microseconds since the start of the run.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Which step, by its place in the scenario's step names.
    pub step: usize,
    /// Open workload: when it should have started. None in a closed one, where every request starts when it
    /// should.
    pub intended_start_us: Option<u64>,
    /// When it started.
    pub start_us: u64,
    /// When the last byte of the answer was there, or the failure was.
    pub end_us: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Body bytes received.
    pub received_bytes: u64,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The answer met the expectation.
    Met,
    /// It did not, or there was none; why, in one line.
    Failed(ErrorKind, String),
}

/// What one thread recorded and the collector has not fetched yet, by second.
#[derive(Debug, Default)]
pub struct Shard {
    cells: BTreeMap<u32, Cell>,
}

/// What was recorded for one second.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// Users that started, less those that ended.
    pub(super) users: i64,
    /// What those users add to the time users were alive in this second, apart from those alive throughout.
    pub(super) user_time_us: i64,
    /// Think time in this second. An order to stop takes back what was announced and did not happen.
    pub(super) think_time_us: i64,
    /// Rounds of an open workload that started.
    pub(super) starts: u64,
    /// Rounds of an open workload that were due and found no free user.
    pub(super) dropped_starts: u64,
    /// From the intended to the actual start of those that started.
    pub(super) start_delay: TimeHistogram,
    /// By the step's place in the scenario's step names; steps nobody took may be missing at the end.
    pub(super) steps: Vec<StepSecond>,
}

impl Shard {
    /// A request ended.
    pub fn sample(&mut self, sample: Sample) {
        let steps = &mut self.cell(sample.end_us).steps;
        if steps.len() <= sample.step {
            steps.resize_with(sample.step + 1, StepSecond::default);
        }
        let step = &mut steps[sample.step];
        step.requests += 1;
        step.received_bytes += sample.received_bytes;
        let service_time_us = sample.end_us.saturating_sub(sample.start_us);
        step.busy_time_us += service_time_us;
        if let Some(status) = sample.status {
            *step.statuses.entry(status).or_default() += 1;
        }
        let response_time_us =
            sample.intended_start_us.map_or(service_time_us, |due_us| sample.end_us.saturating_sub(due_us));
        // A time-out is a slow answer; leaving it out would flatter the quantiles.
        let is_judged = match sample.outcome {
            Outcome::Met => true,
            Outcome::Failed(kind, message) => {
                *step.errors.entry(kind).or_default() += 1;
                if step.error_messages.len() < MESSAGES_PER_SECOND {
                    step.error_messages.push((kind, message));
                }
                kind == ErrorKind::Timeout
            }
        };
        if is_judged {
            step.response_time.record_us(response_time_us);
            if sample.intended_start_us.is_some() {
                step.service_time.get_or_insert_default().record_us(service_time_us);
            }
        } else {
            step.failed_response_time.record_us(response_time_us);
        }
    }

    /// A round of an open workload that was due at `due_us` starts.
    pub(crate) fn round_started(&mut self, due_us: u64, at_us: u64) {
        let cell = self.cell(at_us);
        cell.starts += 1;
        cell.start_delay.record_us(at_us.saturating_sub(due_us));
    }

    /// A round of an open workload is due, and no user is free for it.
    pub(crate) fn start_dropped(&mut self, at_us: u64) {
        self.cell(at_us).dropped_starts += 1;
    }

    /// A virtual user started.
    pub(crate) fn user_started(&mut self, at_us: u64) {
        let cell = self.cell(at_us);
        cell.users += 1;
        cell.user_time_us += rest_of_second_us(at_us);
    }

    /// A virtual user ended.
    pub(crate) fn user_ended(&mut self, at_us: u64) {
        let cell = self.cell(at_us);
        cell.users -= 1;
        cell.user_time_us -= rest_of_second_us(at_us);
    }

    /// A virtual user begins to think. All of it is recorded now, for the seconds to come, because a second
    /// may have been handed over before the thinking ends.
    pub(crate) fn thinking(&mut self, from_us: u64, until_us: u64) {
        self.add_think_time(from_us, until_us, 1);
    }

    /// The thinking that was to last until `planned_us` lasted until `actual_us`. A timer that rang late
    /// adds to the second in which it rang.
    pub(crate) fn thought_until(&mut self, planned_us: u64, actual_us: u64) {
        if actual_us < planned_us {
            self.add_think_time(actual_us, planned_us, -1);
        } else {
            let late_us = i64::try_from(actual_us - planned_us).unwrap_or(i64::MAX);
            self.cell(actual_us).think_time_us += late_us;
        }
    }

    /// Whether nothing is recorded.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Hands over everything recorded so far.
    pub(super) fn take_cells(&mut self) -> BTreeMap<u32, Cell> {
        std::mem::take(&mut self.cells)
    }

    fn cell(&mut self, at_us: u64) -> &mut Cell {
        self.cells.entry(second_of(at_us)).or_default()
    }

    fn add_think_time(&mut self, from_us: u64, until_us: u64, sign: i64) {
        let mut from_us = from_us;
        while from_us < until_us {
            let end_us = (from_us / SECOND_US + 1).saturating_mul(SECOND_US).min(until_us);
            let part_us = i64::try_from(end_us - from_us).expect("at most a second");
            self.cell(from_us).think_time_us += sign * part_us;
            from_us = end_us;
        }
    }
}

impl Cell {
    /// Adds what another thread recorded for the same second.
    pub(super) fn merge(&mut self, other: Self) {
        self.users += other.users;
        self.user_time_us += other.user_time_us;
        self.think_time_us += other.think_time_us;
        self.starts += other.starts;
        self.dropped_starts += other.dropped_starts;
        self.start_delay.merge(&other.start_delay);
        if self.steps.len() < other.steps.len() {
            self.steps.resize_with(other.steps.len(), StepSecond::default);
        }
        for (step, other_step) in self.steps.iter_mut().zip(&other.steps) {
            if other_step.requests > 0 {
                step.merge(other_step);
            }
        }
    }
}

/// The second a moment lies in; a run of more than a century counts on in its last second.
fn second_of(at_us: u64) -> u32 {
    u32::try_from(at_us / SECOND_US).unwrap_or(u32::MAX)
}

fn rest_of_second_us(at_us: u64) -> i64 {
    i64::try_from(SECOND_US - at_us % SECOND_US).expect("at most a second")
}
