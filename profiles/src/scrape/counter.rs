//! Counters of a page, which are floating-point numbers.

use std::time::Instant;

use super::exposition::Metrics;
use crate::counter::Growth;

/// Growth of a counter of seconds or bytes since the first scrape, in whole µs or bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counter {
    growth: Growth,
}

impl Counter {
    /// Takes a reading in seconds; the growth in seconds.
    pub(super) fn advance_s(&mut self, reading_s: f64) -> f64 {
        self.growth.advance((reading_s * 1e6) as u64) as f64 / 1e6
    }

    /// Takes a reading of a whole number; its growth.
    pub(super) fn advance(&mut self, reading: f64) -> u64 {
        self.growth.advance(reading as u64)
    }

    pub(super) fn restart(&mut self) {
        self.growth.restart();
    }
}

/// Growth of the sum of a family since the first scrape; nothing when it is not on the page.
pub(super) fn growth_of(counter: &mut Counter, metrics: &Metrics, name: &str) -> Option<u64> {
    metrics.sum(name).map(|reading| counter.advance(reading))
}

/// The seconds between two scrapes.
#[derive(Debug, Default)]
pub(super) struct Elapsed {
    before: Option<Instant>,
}

impl Elapsed {
    /// Seconds since the last scrape; nothing at the first, or when no time has passed.
    pub(super) fn advance(&mut self, now: Instant) -> Option<f64> {
        let before = self.before.replace(now)?;
        Some(now.saturating_duration_since(before).as_secs_f64()).filter(|&elapsed_s| elapsed_s > 0.0)
    }
}
