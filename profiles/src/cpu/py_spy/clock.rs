//! When samples are due.

use std::time::{Duration, Instant};

/// Ticks at a steady rate. What was missed is left out and counted: several samples of one late moment would give it more weight than
/// it had.
#[derive(Debug)]
pub(super) struct Clock {
    due: Instant,
    interval: Duration,
    missed: u64,
}

impl Clock {
    /// The first tick is due at `start`.
    pub(super) fn new(start: Instant, rate_hz: f64) -> Self {
        Self { due: start, interval: Duration::from_secs_f64(1.0 / rate_hz), missed: 0 }
    }

    /// How long it is until the next tick is due; zero when it is due now.
    pub(super) fn time_left(&self, now: Instant) -> Duration {
        self.due.saturating_duration_since(now)
    }

    /// Takes the tick that is due, leaving out those before it that nobody took.
    pub(super) fn take(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.due);
        let missed = late.as_nanos() / self.interval.as_nanos().max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.missed += u64::from(missed);
        self.due += self.interval * missed.saturating_add(1);
    }

    /// Ticks left out so far.
    pub(super) fn missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn ticks_taken_in_time_keep_their_rate_however_late_within_it() {
        let start = Instant::now();
        let mut clock = Clock::new(start, 100.0);
        assert_eq!(clock.time_left(start), Duration::ZERO);
        clock.take(start + 4 * MS);
        assert_eq!(clock.time_left(start + 4 * MS), 6 * MS, "delays do not add up");
        clock.take(start + 19 * MS);
        assert_eq!(clock.time_left(start + 19 * MS), MS);
        assert_eq!(clock.missed(), 0);
    }

    #[test]
    fn ticks_that_came_late_are_left_out_and_counted() {
        let start = Instant::now();
        let mut clock = Clock::new(start, 100.0);
        clock.take(start + 35 * MS);
        assert_eq!(clock.missed(), 3, "those of 0, 10 and 20 ms");
        assert_eq!(clock.time_left(start + 35 * MS), 5 * MS);
        clock.take(start + 50 * MS);
        assert_eq!(clock.missed(), 4, "a tick is late when the next is due");
    }
}
