//! How far a figure of one run may be from what the same seconds, drawn again, would have given.

use super::ratio::Ratio;
use super::seconds::Counts;
use crate::statistics::Random;

/// How seconds are drawn again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawing {
    pub(super) block_s: usize,
    pub(super) resamples: u32,
    pub(super) seed: u64,
    /// Times the error that the drawings show, for what blocks that are too short cannot show: 1 or more.
    pub(super) widening: f64,
}

impl Drawing {
    fn standard_error(self, ratio: &Ratio) -> f64 {
        self.widening * ratio.standard_error(self.block_s, self.resamples, &mut Random::new(self.seed))
    }
}

/// A figure of one run, and how it spreads.
pub(super) enum Spread {
    /// Evenly to both sides, with this standard error.
    Even { value: f64, error: f64 },
    /// A quantile: its rank spreads evenly, and the time at a rank is looked up. So the interval follows the distribution, whatever
    /// its shape (Woodruff 1952), and nothing is sorted anew for each drawing.
    Quantile { rank: f64, rank_error: f64, times: Vec<(u32, u64)> },
}

impl Spread {
    /// Of a ratio of sums over seconds.
    pub(super) fn of_ratio(seconds: &[(f64, f64)], drawing: Drawing) -> Self {
        let ratio = Ratio::of(seconds);
        let error = drawing.standard_error(&ratio);
        Self::Even { value: ratio.value(), error }
    }

    /// Of a rate of failures. Where none was seen, one may have been missed: the error is at least that of independent
    /// requests with two failures and two successes more (Agresti, Coull 1998).
    pub(super) fn of_error_rate(seconds: &[Counts], drawing: Drawing) -> Self {
        let columns: Vec<_> =
            seconds.iter().map(|counts| (counts.errors as f64, counts.requests as f64)).collect();
        let (errors, requests) =
            columns.iter().fold((0.0, 0.0), |sums, column| (sums.0 + column.0, sums.1 + column.1));
        match Self::of_ratio(&columns, drawing) {
            Self::Even { value, error } => {
                Self::Even { value, error: error.max(rate_error(errors, requests)) }
            }
            quantile @ Self::Quantile { .. } => quantile,
        }
    }

    /// Of a quantile of response time; nothing without a request.
    pub(super) fn of_quantile(seconds: &[Counts], quantile: f64, drawing: Drawing) -> Option<Self> {
        let times = distribution(seconds);
        let time_us = time_at(&times, quantile)? as u32;
        let below = |counts: &Counts| {
            let sum = |up_to_us: u32| {
                let times = counts.times.iter().filter(|(time_us, _)| *time_us <= up_to_us);
                times.map(|(_, count)| f64::from(*count)).sum::<f64>()
            };
            (sum(time_us), sum(u32::MAX))
        };
        let columns: Vec<_> = seconds.iter().map(below).collect();
        let rank_error = drawing.standard_error(&Ratio::of(&columns));
        Some(Self::Quantile { rank: quantile, rank_error, times })
    }

    /// The figure itself.
    pub(super) fn value(&self) -> f64 {
        match self {
            Self::Even { value, .. } => *value,
            Self::Quantile { rank, times, .. } => time_at(times, *rank).unwrap_or(f64::NAN),
        }
    }

    /// The figure's range at so many standard errors. Where the rank leaves the distribution, nothing limits it.
    pub(super) fn ends(&self, t: f64) -> (f64, f64) {
        match self {
            Self::Even { value, error } => (value - t * error, value + t * error),
            Self::Quantile { rank, rank_error, times } => {
                let at = |rank: f64, beyond: f64| {
                    if rank <= 0.0 || rank >= 1.0 { beyond } else { time_at(times, rank).unwrap_or(beyond) }
                };
                (at(rank - t * rank_error, 0.0), at(rank + t * rank_error, f64::INFINITY))
            }
        }
    }
}

/// The least standard error of a rate of failures.
pub(super) fn rate_error(errors: f64, requests: f64) -> f64 {
    let (errors, requests) = (errors + 2.0, requests + 4.0);
    let rate = errors / requests;
    (rate * (1.0 - rate) / requests).sqrt()
}

/// Every time with the number of requests that took no longer.
fn distribution(seconds: &[Counts]) -> Vec<(u32, u64)> {
    let mut times: Vec<(u32, u32)> = seconds.iter().flat_map(|counts| &counts.times).copied().collect();
    times.sort_unstable();
    let mut distribution: Vec<(u32, u64)> = Vec::new();
    let mut seen = 0;
    for (time_us, count) in times {
        seen += u64::from(count);
        match distribution.last_mut() {
            Some(last) if last.0 == time_us => last.1 = seen,
            _ => distribution.push((time_us, seen)),
        }
    }
    distribution
}

/// The smallest time that a share `rank` of the requests did not exceed, µs.
fn time_at(distribution: &[(u32, u64)], rank: f64) -> Option<f64> {
    let total = distribution.last()?.1;
    let wanted = (rank * total as f64).ceil();
    let place = distribution.partition_point(|(_, seen)| (*seen as f64) < wanted);
    distribution.get(place).or(distribution.last()).map(|(time_us, _)| f64::from(*time_us).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: Drawing = Drawing { block_s: 5, resamples: 500, seed: 1, widening: 1.0 };

    fn log_normal_seconds(seconds: usize, seed: u64) -> Vec<Counts> {
        let mut random = Random::new(seed);
        let mut second = |_| {
            let times = (0..20).map(|_| ((10_000.0 * (0.5 * random.normal()).exp()) as u32, 1)).collect();
            Counts { requests: 20, errors: 0, times }
        };
        (0..seconds).map(&mut second).collect()
    }

    /// The error of a quantile of independent times is √(p(1−p)/n) over the density there.
    #[test]
    fn a_quantile_s_range_is_the_one_theory_gives() {
        let spread = Spread::of_quantile(&log_normal_seconds(500, 1), 0.95, DRAWING).unwrap();
        let truth_us = 10_000.0 * (0.5f64 * 1.644_854).exp();
        assert!((spread.value() / truth_us - 1.0).abs() < 0.02, "{}", spread.value());
        // The density of ln t at its 95th percentile is φ(1.645) / 0.5 = 0.2063.
        let log_error = (0.95f64 * 0.05 / 10_000.0).sqrt() / 0.2063;
        let (low, high) = spread.ends(1.0);
        let measured = (high / low).ln() / 2.0;
        assert!((measured / log_error - 1.0).abs() < 0.3, "{measured} against {log_error}");
    }

    #[test]
    fn an_error_is_widened_by_what_blocks_do_not_show() {
        let columns = [(1.0, 1.0), (3.0, 1.0), (2.0, 1.0), (5.0, 1.0), (1.0, 1.0), (4.0, 1.0)];
        let width = |widening| {
            let (low, high) = Spread::of_ratio(&columns, Drawing { widening, ..DRAWING }).ends(1.0);
            high - low
        };
        assert!((width(2.0) / width(1.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn beyond_the_slowest_request_nothing_limits_a_quantile() {
        let spread = Spread::of_quantile(&log_normal_seconds(25, 1), 0.99, DRAWING).unwrap();
        assert_eq!(spread.ends(1e6), (0.0, f64::INFINITY));
        assert!(Spread::of_quantile(&[Counts::default()], 0.99, DRAWING).is_none());
    }

    #[test]
    fn no_failure_seen_is_no_proof_of_none() {
        let seconds = vec![Counts { requests: 100, errors: 0, times: Vec::new() }; 100];
        let spread = Spread::of_error_rate(&seconds, DRAWING);
        assert_eq!(spread.value(), 0.0);
        assert!((0.0001..0.001).contains(&spread.ends(2.0).1), "{}", spread.ends(2.0).1);
    }
}
