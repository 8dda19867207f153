//! Whether response times get worse while the load stays the same.

use aforo_model::{Subject, WindowRecord};

use super::Measurement;
use super::response_time::samples_needed;
use crate::Evidence;
use crate::statistics::median;

/// Fewest windows at full load: first and last must not be neighbours.
const MIN_WINDOWS: usize = 4;

/// Change of P95 from the first to the last quarter of the windows at full load, relative to the first. A quarter
/// is spoken for by the window in the middle of its order by P95, so that one bad window does not decide.
pub(super) fn measure(subject: &Subject, evidence: &Evidence<'_>) -> Measurement {
    // The load of a run that ends in a ramp never stays the same.
    let full_load_s = evidence.scenario.load.levels().last().map_or(f64::INFINITY, |level| level.from_s);
    let windows: Vec<&WindowRecord> =
        evidence.load.windows.iter().filter(|window| f64::from(window.from_s) >= full_load_s).collect();
    if windows.len() < MIN_WINDOWS {
        return Measurement::nothing(format!(
            "there are {} windows of 10 s or more at full load, and drift needs {MIN_WINDOWS}; run for longer",
            windows.len()
        ));
    }
    // An odd number has a window in its middle; 12 windows give 3.
    let quarter = (windows.len().div_ceil(4) - 1) | 1;
    let p95s = |part: &[&WindowRecord]| part.iter().map(|window| p95(subject, window)).collect::<Vec<_>>();
    let (first, last) = (p95s(&windows[..quarter]), p95s(&windows[windows.len() - quarter..]));
    let counts = || first.iter().chain(&last).map(|(count, _)| *count);
    let sample_count = counts().sum();
    let middle = |quarter: &[(u64, u64)]| median(quarter.iter().map(|(_, p95_us)| *p95_us as f64));
    let (Some(first_us), Some(last_us)) = (middle(&first), middle(&last)) else {
        return Measurement::nothing("there is no window to compare");
    };
    let measured = Measurement::exact(last_us / first_us.max(1.0) - 1.0, sample_count);
    let needed = samples_needed(0.95);
    if counts().any(|count| count < needed) {
        return measured.weakened(format!(
            "a window at the start or the end holds fewer than the {needed} requests that a P95 needs; run for longer"
        ));
    }
    measured
}

/// Count and P95 of a subject in a window; zero where it has none.
fn p95(subject: &Subject, window: &WindowRecord) -> (u64, u64) {
    let times = match subject {
        Subject::Step(name) => window.steps.get(name),
        Subject::Total | Subject::Part(_) | Subject::Statement(_) => Some(&window.total),
    };
    times.map_or((0, 0), |times| (times.count, times.p95_us.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::Fixture;
    use crate::indicators::Outcome;
    use aforo_model::TimeSummary;
    use std::collections::BTreeMap;

    /// Twelve windows of five minutes whose P95 `p95_us` gives.
    fn drift(p95_us: impl Fn(u32) -> u64) -> Measurement {
        let mut fixture = Fixture::empty();
        fixture.load.windows = (0..12)
            .map(|index| WindowRecord {
                from_s: 300 * index,
                to_s: 300 * (index + 1),
                total: TimeSummary { count: 1000, p95_us: Some(p95_us(index)), ..TimeSummary::default() },
                steps: BTreeMap::new(),
            })
            .collect();
        measure(&Subject::Total, &fixture.evidence())
    }

    #[test]
    fn a_steady_rise_is_measured_between_the_middles_of_the_quarters() {
        // The first window holds the start of the users, so windows 1 to 11 count: middles 2 and 10.
        let value = drift(|index| 100_000 + 10_000 * u64::from(index)).value.unwrap();
        assert!((value - (200.0 / 120.0 - 1.0)).abs() < 1e-9, "{value}");
    }

    #[test]
    fn one_bad_window_is_no_drift() {
        assert_eq!(drift(|index| if index == 11 { 9_000_000 } else { 100_000 }).value, Some(0.0));
    }

    #[test]
    fn short_runs_and_thin_windows_are_unknown() {
        let expression = "p95_drift < 30%".parse().unwrap();
        let short = Fixture::of_length(30);
        let mut thin = Fixture::healthy();
        thin.load.windows.iter_mut().for_each(|window| window.total.count = 99);
        for (fixture, word) in [(short, "run for longer"), (thin, "fewer than the 100")] {
            let outcome = measure(&Subject::Total, &fixture.evidence()).outcome(&expression);
            assert!(matches!(&outcome, Outcome::Unknown(why) if why.contains(word)), "{outcome:?}");
        }
    }
}
