//! Shards of all threads put together, second by second.

use std::collections::BTreeMap;
use std::sync::Arc;

use aforo_model::LoadSecond;

use super::shard::Cell;
use super::{Recorder, SECOND_US};

/// Fetches what was recorded and hands it out in whole seconds, in order, without a gap.
#[derive(Debug)]
pub struct Collector {
    recorder: Arc<Recorder>,
    step_names: Vec<String>,
    pending: BTreeMap<u32, Cell>,
    next: u32,
    users: i64,
}

impl Collector {
    /// A collector for `recorder`, whose steps have these names.
    pub fn new(recorder: Arc<Recorder>, step_names: Vec<String>) -> Self {
        Self { recorder, step_names, pending: BTreeMap::new(), next: 0, users: 0 }
    }

    /// Fetches everything that was recorded before this call.
    pub fn sweep(&mut self) {
        let pending = &mut self.pending;
        self.recorder.sweep(|shard| {
            for (second, cell) in shard.take_cells() {
                pending.entry(second).or_default().merge(cell);
            }
        });
    }

    /// The end of the next second to be handed out, in microseconds since the start of the run. A sweep
    /// begun later than that completes it.
    pub(crate) fn next_end_us(&self) -> u64 {
        (u64::from(self.next) + 1) * SECOND_US
    }

    /// The next second, complete when a sweep was begun after its end.
    pub fn next_second(&mut self) -> LoadSecond {
        let cell = self.pending.remove(&self.next).unwrap_or_default();
        let alive_throughout_us = self.users * i64::try_from(SECOND_US).expect("a million fits");
        self.users += cell.users;
        let second = LoadSecond {
            second: self.next,
            users: u32::try_from(self.users).unwrap_or(0),
            user_time_us: u64::try_from(alive_throughout_us + cell.user_time_us).unwrap_or(0),
            think_time_us: u64::try_from(cell.think_time_us).unwrap_or(0),
            steps: std::iter::zip(&self.step_names, cell.steps)
                .filter(|(_, step)| step.requests > 0)
                .map(|(name, step)| (name.clone(), step))
                .collect(),
            starts: cell.starts,
            dropped_starts: cell.dropped_starts,
            start_delay: cell.start_delay,
        };
        self.next += 1;
        second
    }
}
