//! Growth of somebody else's counter.

use std::time::Instant;

/// How much a foreign counter grew since it was first seen. The counter may start again from zero, because
/// its server was restarted or its statistics were reset; the growth goes on from there and never falls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    last: Option<u64>,
    total: u64,
}

impl Growth {
    /// Takes a reading of the counter and returns the growth so far. The first reading is the base line.
    ///
    /// A reading below the one before means that the counter restarted: all it shows is then new.
    pub(crate) fn advance(&mut self, reading: u64) -> u64 {
        let grown = match self.last {
            None => 0,
            Some(last) => reading.checked_sub(last).unwrap_or(reading),
        };
        self.last = Some(reading);
        self.total = self.total.saturating_add(grown);
        self.total
    }

    /// Says that the counter is known to have restarted from zero, which its value alone may not show.
    pub(crate) fn restart(&mut self) {
        if self.last.is_some() {
            self.last = Some(0);
        }
    }
}

/// How fast a count grows from one reading to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    last: Option<(Instant, u64)>,
}

impl Rate {
    /// Takes a reading of a count that never falls, such as a [`Growth`], and returns how much it grew per second since the one before.
    /// The first reading has none before it.
    pub(crate) fn advance(&mut self, now: Instant, count: u64) -> Option<f64> {
        let (then, counted) = self.last.replace((now, count))?;
        let elapsed_s = now.saturating_duration_since(then).as_secs_f64();
        (elapsed_s > 0.0).then(|| count.saturating_sub(counted) as f64 / elapsed_s)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn growth_counts_from_the_first_reading() {
        let mut growth = Growth::default();
        assert_eq!(growth.advance(1_000), 0);
        assert_eq!(growth.advance(1_007), 7);
        assert_eq!(growth.advance(1_007), 7);
    }

    #[test]
    fn a_counter_that_goes_back_restarts_from_zero() {
        let mut growth = Growth::default();
        growth.advance(1_000);
        growth.advance(1_010);
        assert_eq!(growth.advance(3), 13);
    }

    #[test]
    fn a_rate_is_the_growth_over_the_time_between_two_readings() {
        let start = Instant::now();
        let mut rate = Rate::default();
        assert_eq!(rate.advance(start, 10), None);
        assert_eq!(rate.advance(start + Duration::from_secs(1), 110), Some(100.0));
        assert_eq!(rate.advance(start + Duration::from_secs(3), 210), Some(50.0));
        assert_eq!(rate.advance(start + Duration::from_secs(3), 220), None, "no time has passed");
        assert_eq!(rate.advance(start + Duration::from_secs(4), 3), Some(0.0));
    }

    #[test]
    fn a_known_restart_counts_all_that_is_shown_since() {
        let mut growth = Growth::default();
        growth.restart();
        assert_eq!(growth.advance(50), 0, "a restart before the first reading changes nothing");
        growth.restart();
        assert_eq!(growth.advance(80), 80);
    }

    proptest! {
        #[test]
        fn growth_never_falls_whatever_the_counter_does(readings in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut growth = Growth::default();
            let mut before = 0;
            for reading in readings {
                let total = growth.advance(reading);
                prop_assert!(total >= before);
                before = total;
            }
        }
    }
}
