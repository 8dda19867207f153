//! The one clock of a run.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Counts from the start of the first virtual user.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunClock {
    epoch: Arc<OnceLock<Instant>>,
}

impl RunClock {
    /// Starts the clock, unless it runs already; the moment it started.
    pub(crate) fn start(&self) -> Instant {
        *self.epoch.get_or_init(Instant::now)
    }

    /// Microseconds since it was started; 0 before that.
    pub(crate) fn now_us(&self) -> u64 {
        self.epoch.get().map_or(0, |epoch| {
            u64::try_from(epoch.elapsed().as_micros()).expect("half a million years have not passed")
        })
    }
}
