//! The part of a run in which only the target can be the reason for a change.

use crate::Evidence;

/// Shortest time at the same load, seconds: ten minutes less what a load needs to start and end.
const MIN_SPAN_S: f64 = 570.0;
/// Part of that time in which the target still warms up.
const WARM_UP_RATIO: f64 = 1.0 / 3.0;

/// The time at full load without its first third.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SteadyLoad {
    /// Seconds since the start of the run.
    pub(crate) from_s: f64,
    /// Seconds since the start of the run.
    pub(crate) to_s: f64,
}

impl SteadyLoad {
    /// `None` where the load was not the same for ten minutes.
    pub(crate) fn of(evidence: &Evidence<'_>) -> Option<Self> {
        let load = &evidence.scenario.load;
        let level = *load.levels().last()?;
        let read_to_s = evidence.resources.last()?.at_s;
        let to_s = level.to_s.min(load.duration_s).min(read_to_s);
        let span_s = to_s - level.from_s;
        let warm_s = level.from_s + WARM_UP_RATIO * span_s;
        (span_s >= MIN_SPAN_S).then_some(Self { from_s: warm_s.max(load.warm_up_s), to_s })
    }

    /// Whether a moment lies in it.
    pub(crate) fn contains(&self, at_s: f64) -> bool {
        (self.from_s..=self.to_s).contains(&at_s)
    }

    /// Requests that ended per second of it.
    pub(crate) fn requests_per_s(&self, evidence: &Evidence<'_>) -> f64 {
        let (from, to) = (self.from_s as usize, self.to_s as usize);
        let requests = evidence.load.timeline.total.requests.iter().take(to).skip(from);
        requests.sum::<u64>() as f64 / (self.to_s - self.from_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;

    #[test]
    fn ten_minutes_of_the_same_load_lose_their_first_third() {
        let fixture = Fixture::of_length(600);
        let steady = SteadyLoad::of(&fixture.evidence()).unwrap();
        assert!((190.0..210.0).contains(&steady.from_s) && steady.to_s == 600.0, "{steady:?}");
        assert!(steady.contains(400.0) && !steady.contains(100.0));
        assert_eq!(steady.requests_per_s(&fixture.evidence()).round(), 20.0);
    }

    #[test]
    fn a_short_run_and_one_without_readings_have_none() {
        assert_eq!(SteadyLoad::of(&Fixture::of_length(500).evidence()), None);
        assert_eq!(SteadyLoad::of(&Fixture::empty().evidence()), None);
    }
}
