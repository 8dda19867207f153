//! Times as histograms: merged, never averaged.

use hdrhistogram::Histogram;
use hdrhistogram::iterators::IterationValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CurvePoint;

/// The longest time that is told apart, one hour. A longer one is recorded as this.
const HIGHEST_US: u64 = 3_600_000_000;
/// Three significant digits: a value is kept to within 0.1 %.
const SIGNIFICANT_DIGITS: u8 = 3;
/// Points of a curve for each halving of the share that lies above: what `HdrHistogram`'s own plots use.
const CURVE_POINTS_PER_HALVING: u32 = 5;

/// A histogram of times in microseconds, exact to three significant digits, that can be merged.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeHistogram {
    counts: Histogram<u64>,
}

impl Default for TimeHistogram {
    fn default() -> Self {
        Self::new()
    }
}

impl TimeHistogram {
    /// An empty histogram. It grows with the values it sees, so a fast step costs little memory.
    pub fn new() -> Self {
        let mut counts = Histogram::new(SIGNIFICANT_DIGITS).expect("3 is within the 0 to 5 digits allowed");
        counts.auto(true);
        Self { counts }
    }

    /// Takes over a histogram read from a saved interval log.
    pub fn from_counts(mut counts: Histogram<u64>) -> Self {
        counts.auto(true);
        Self { counts }
    }

    /// The counts, for a writer of the interval log.
    pub fn counts(&self) -> &Histogram<u64> {
        &self.counts
    }

    /// Counts one time. Anything over an hour counts as an hour.
    pub fn record_us(&mut self, time_us: u64) {
        self.counts.record(time_us.min(HIGHEST_US)).expect("a growing histogram has room for an hour");
    }

    /// Adds every count of `other`: the result is the same as one histogram of all times.
    pub fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts).expect("a growing histogram has room for every value of another");
    }

    /// Forgets all counts and keeps the memory.
    pub fn reset(&mut self) {
        self.counts.reset();
    }

    /// How many times were counted.
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The smallest recorded value whose cumulative count reaches `ceil(quantile × count)`, in
    /// microseconds at histogram precision; `quantile` is 0–1. `None` when nothing was counted.
    pub fn quantile_us(&self, quantile: f64) -> Option<u64> {
        (!self.is_empty()).then(|| self.counts.value_at_quantile(quantile).min(self.counts.max()))
    }

    /// Share of the times up to and including `time_us`, 0–1. `None` when nothing was counted.
    pub fn ratio_up_to_us(&self, time_us: u64) -> Option<f64> {
        (!self.is_empty()).then(|| self.counts.count_between(0, time_us) as f64 / self.count() as f64)
    }

    /// The mean in microseconds, at histogram precision. `None` when nothing was counted.
    pub fn mean_us(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.counts.mean())
    }

    /// The largest time in microseconds, at histogram precision. `None` when nothing was counted.
    pub fn max_us(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.counts.max())
    }

    /// The whole distribution as a curve that is dense where the share above grows small: five points for each halving of it, to the
    /// largest time. Empty when nothing was counted.
    pub fn curve(&self) -> Vec<CurvePoint> {
        let iterator = self.counts.iter_quantiles(CURVE_POINTS_PER_HALVING);
        let point = |value: &IterationValue<u64>| CurvePoint {
            quantile: value.quantile(),
            time_us: value.value_iterated_to().min(self.counts.max()),
        };
        let mut points: Vec<CurvePoint> = iterator.map(|value| point(&value)).collect();
        points.dedup_by_key(|point| point.quantile.to_bits());
        points
    }

    /// The figures a report shows.
    pub fn summary(&self) -> TimeSummary {
        let at = |quantile| self.quantile_us(quantile);
        TimeSummary {
            count: self.count(),
            mean_us: self.mean_us(),
            min_us: (!self.is_empty()).then(|| self.counts.min()),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p95_us: at(0.95),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: self.max_us(),
        }
    }
}

/// What is shown of a [`TimeHistogram`]. Every figure but the count is absent when nothing was counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeSummary {
    /// How many times were counted.
    pub count: u64,
    /// Mean, µs.
    pub mean_us: Option<f64>,
    /// Smallest, µs.
    pub min_us: Option<u64>,
    /// Median, µs.
    pub p50_us: Option<u64>,
    /// 90th percentile, µs.
    pub p90_us: Option<u64>,
    /// 95th percentile, µs.
    pub p95_us: Option<u64>,
    /// 99th percentile, µs.
    pub p99_us: Option<u64>,
    /// 99.9th percentile, µs.
    pub p999_us: Option<u64>,
    /// Largest, µs.
    pub max_us: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The oracle: sort, then take the value at rank `ceil(q × n)`.
    fn sorted_quantile_us(values: &mut [u64], quantile: f64) -> u64 {
        values.sort_unstable();
        let rank = (quantile * values.len() as f64).ceil().max(1.0) as usize;
        values[rank - 1]
    }

    #[test]
    fn an_empty_histogram_has_no_figures() {
        assert_eq!(TimeHistogram::new().summary(), TimeSummary::default());
    }

    #[test]
    fn a_time_over_an_hour_counts_as_an_hour() {
        let mut histogram = TimeHistogram::new();
        histogram.record_us(u64::MAX);
        let max_us = histogram.max_us().unwrap();
        assert!(max_us.abs_diff(HIGHEST_US) as f64 <= HIGHEST_US as f64 / 1000.0, "{max_us}");
    }

    #[test]
    fn the_share_up_to_a_time_includes_that_time() {
        let mut histogram = TimeHistogram::new();
        assert_eq!(histogram.ratio_up_to_us(1_000), None);
        [999, 1_000, 1_001, 500_000].into_iter().for_each(|time_us| histogram.record_us(time_us));
        assert_eq!(histogram.ratio_up_to_us(1_000), Some(0.5));
        assert_eq!(histogram.ratio_up_to_us(u64::MAX), Some(1.0));
    }

    #[test]
    fn a_curve_rises_from_the_smallest_to_the_largest_time() {
        assert_eq!(TimeHistogram::new().curve(), []);
        let mut histogram = TimeHistogram::new();
        (1..=10_000).for_each(|time_us| histogram.record_us(time_us));
        let curve = histogram.curve();
        assert!(curve.is_sorted_by_key(|point| point.quantile), "{curve:?}");
        assert!(curve.is_sorted_by_key(|point| point.time_us), "{curve:?}");
        let last = curve.last().expect("times were counted");
        assert_eq!((last.quantile, Some(last.time_us)), (1.0, histogram.max_us()));
        assert!((20..100).contains(&curve.len()), "{}", curve.len());
        for point in &curve {
            let truth_us = histogram.quantile_us(point.quantile).expect("times were counted");
            assert!(point.time_us.abs_diff(truth_us) <= truth_us / 1000 + 1, "{point:?}: {truth_us}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_within_a_thousandth_of_the_sorted_truth(
            mut values in prop::collection::vec(0u64..HIGHEST_US, 1..400),
            quantile in 0.0f64..=1.0,
        ) {
            let mut histogram = TimeHistogram::new();
            for &value in &values {
                histogram.record_us(value);
            }
            let truth = sorted_quantile_us(&mut values, quantile);
            let measured = histogram.quantile_us(quantile).unwrap();
            prop_assert!(measured.abs_diff(truth) <= truth / 1000 + 1, "{measured} against {truth}");
        }

        #[test]
        fn merging_equals_one_histogram_of_all_times(
            left in prop::collection::vec(0u64..HIGHEST_US, 0..200),
            right in prop::collection::vec(0u64..HIGHEST_US, 0..200),
        ) {
            let of = |values: &mut dyn Iterator<Item = &u64>| {
                let mut histogram = TimeHistogram::new();
                values.for_each(|&value| histogram.record_us(value));
                histogram
            };
            let mut merged = of(&mut left.iter());
            merged.merge(&of(&mut right.iter()));
            prop_assert_eq!(merged.summary(), of(&mut left.iter().chain(&right)).summary());
        }
    }
}
