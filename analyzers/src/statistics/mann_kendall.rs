//! Whether values rise or fall over time at all.

use super::{median, theil_sen_slope};

/// Lags beyond this share of the points are not looked at: few pairs are left, and their correlation is noise.
const LONGEST_LAG_SHARE: usize = 4;
/// Two-sided 5 % point of the normal distribution.
const Z_95: f64 = 1.959_963_985;

/// What the Mann–Kendall test says of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MannKendall {
    /// Variance of the statistic, in the correction of Hamed and Rao.
    pub(crate) variance: f64,
    /// Chance of so clear a trend where there is none, two-sided.
    pub(crate) p_value: f64,
    /// Kendall's τ: pairs that rise less pairs that fall, as a share of all, −1 to 1.
    pub(crate) tau: f64,
}

/// Mann–Kendall test for a monotone trend, with the variance of Hamed and Rao (1998): where neighbours in time
/// resemble each other, a series holds less than it has points. The correction never makes a trend more certain than
/// it is without. `None` of fewer than four points, or where all values are the same.
pub(crate) fn mann_kendall(points: &[(f64, f64)]) -> Option<MannKendall> {
    let count = points.len();
    if count < 4 {
        return None;
    }
    let statistic = statistic(points)?;
    let variance = variance_of_ties(points) * correction(points);
    let pair_count = count as f64 * (count as f64 - 1.0) / 2.0;
    (variance > 0.0).then(|| MannKendall {
        variance,
        p_value: p_value(statistic, variance),
        tau: statistic / pair_count,
    })
}

/// Pairs that rise less pairs that fall; `None` where a value is not a number.
fn statistic(points: &[(f64, f64)]) -> Option<f64> {
    let mut statistic = 0.0;
    for (index, (_, value)) in points.iter().enumerate() {
        for (_, later) in &points[index + 1..] {
            statistic += f64::from(later.partial_cmp(value)? as i8);
        }
    }
    Some(statistic)
}

fn p_value(statistic: f64, variance: f64) -> f64 {
    // The statistic moves in steps of two: 1 towards zero is its continuity correction.
    2.0 * upper_tail((statistic.abs() - 1.0).max(0.0) / variance.sqrt())
}

/// n(n − 1)(2n + 5)/18, less the same of every group of equal values.
fn variance_of_ties(points: &[(f64, f64)]) -> f64 {
    let term = |count: usize| {
        let count = count as f64;
        count * (count - 1.0) * (2.0 * count + 5.0) / 18.0
    };
    let mut values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    let tied: f64 = values.chunk_by(|left, right| left == right).map(|group| term(group.len())).sum();
    term(points.len()) - tied
}

/// n/n*: how many times larger the variance is because of the correlation of the ranks, at least 1.
fn correction(points: &[(f64, f64)]) -> f64 {
    let count = points.len();
    let slope = theil_sen_slope(points).unwrap_or(0.0);
    let detrended: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let ranks = ranks(&detrended);
    let n = count as f64;
    let significant = Z_95 / n.sqrt();
    let sum: f64 = (1..=count / LONGEST_LAG_SHARE)
        .map(|lag| (lag as f64, autocorrelation(&ranks, lag)))
        .filter(|(_, correlation)| correlation.abs() > significant)
        .map(|(lag, correlation)| (n - lag) * (n - lag - 1.0) * (n - lag - 2.0) * correlation)
        .sum();
    (1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum).max(1.0)
}

/// Rank of every value, 1 for the smallest; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&left, &right| values[left].total_cmp(&values[right]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for group in order.chunk_by(|&left, &right| values[left] == values[right]) {
        let shared = first as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|&index| ranks[index] = shared);
        first += group.len();
    }
    ranks
}

fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let product = |(left, right): (&f64, &f64)| (left - mean) * (right - mean);
    let variance: f64 = values.iter().map(|value| product((value, value))).sum();
    let covariance: f64 = std::iter::zip(values, &values[lag..]).map(product).sum();
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

/// Sen's (1968) interval of 95 % around the Theil–Sen slope: the slopes whose ranks lie as far from the middle as the
/// statistic of the test may by chance. `variance` is that of [`mann_kendall`]. `None` without two points.
pub(crate) fn sen_interval(points: &[(f64, f64)], variance: f64) -> Option<(f64, f64)> {
    let mut slopes: Vec<f64> = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let later = points[index + 1..].iter().filter(|(later_x, _)| later_x != x);
        slopes.extend(later.map(|(later_x, later_y)| (later_y - y) / (later_x - x)));
    }
    slopes.sort_by(f64::total_cmp);
    let last = slopes.len().checked_sub(1)?;
    let reach = Z_95 * variance.max(0.0).sqrt();
    let middle = slopes.len() as f64;
    // Ranks count from 1; casts stop at zero.
    let low = (((middle - reach) / 2.0).floor() as usize).saturating_sub(1).min(last);
    let high = (((middle + reach) / 2.0).ceil() as usize).min(last);
    Some((slopes[low], slopes[high]))
}

/// At most `most` points, each the medians of neighbours in time.
pub(crate) fn block_medians(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    points
        .chunks(points.len().div_ceil(most).max(1))
        .filter_map(|block| {
            Some((median(block.iter().map(|(x, _)| *x))?, median(block.iter().map(|(_, y)| *y))?))
        })
        .collect()
}

/// Chance of a standard normal value above `z` ≥ 0, to 7.5e-8 (Abramowitz & Stegun 26.2.17).
pub(crate) fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let polynomial = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    (-z * z / 2.0).exp() / (std::f64::consts::TAU).sqrt() * polynomial
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Random;
    use proptest::prelude::*;

    fn series(values: &[f64]) -> Vec<(f64, f64)> {
        values.iter().enumerate().map(|(x, y)| (x as f64, *y)).collect()
    }

    /// S = 45 − 2·(number of inversions); without ties the variance of ten points is 125.
    #[test]
    fn an_example_done_by_hand_agrees() {
        let points = series(&[1.0, 2.0, 4.0, 3.0, 5.0, 7.0, 6.0, 8.0, 10.0, 9.0]);
        assert_eq!(variance_of_ties(&points), 125.0);
        let test = mann_kendall(&points).unwrap();
        // S = 39, z = 38/√125 = 3.399, p = 0.000677 where no correction applies.
        assert!(test.variance >= 125.0);
        if test.variance == 125.0 {
            assert!((test.p_value - 0.000_677).abs() < 2e-6, "{}", test.p_value);
        }
    }

    #[test]
    fn tails_are_those_of_the_table() {
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655), (1.959_964, 0.025), (3.0, 0.001_349_9)] {
            assert!((upper_tail(z) - tail).abs() < 1e-6, "{z}");
        }
    }

    #[test]
    fn equal_values_share_their_rank_and_lower_the_variance() {
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 9.0]), [2.5, 1.0, 2.5, 4.0]);
        // 4·3·13/18 − 2·1·9/18.
        let variance = variance_of_ties(&series(&[5.0, 1.0, 5.0, 9.0]));
        assert!((variance - (156.0 - 18.0) / 18.0).abs() < 1e-12, "{variance}");
        assert_eq!(mann_kendall(&series(&[3.0; 20])), None);
    }

    /// Noise that remembers half of what it was. The correction has to estimate from few points how much that is, so
    /// it takes away many of the false trends and not all.
    #[test]
    fn the_correction_takes_away_many_trends_seen_in_noise_with_a_memory() {
        let mut random = Random::new(7);
        let (mut found, mut uncorrected) = (0, 0);
        for _ in 0..200 {
            let mut value = 0.0;
            let values: Vec<f64> = (0..60)
                .map(|_| {
                    value = 0.5 * value + random.normal();
                    value
                })
                .collect();
            let points = series(&values);
            found += u32::from(mann_kendall(&points).unwrap().p_value < 0.05);
            let plain = p_value(statistic(&points).unwrap(), variance_of_ties(&points));
            uncorrected += u32::from(plain < 0.05);
        }
        assert!(3 * found <= 2 * uncorrected && found <= 30, "{found}, {uncorrected} uncorrected, of 200");
    }

    #[test]
    fn the_interval_of_the_slope_holds_the_truth() {
        let mut random = Random::new(11);
        let mut held = 0;
        for _ in 0..200 {
            let values: Vec<f64> = (0..30).map(|x| 0.3 * f64::from(x) + random.normal()).collect();
            let points = series(&values);
            let test = mann_kendall(&points).unwrap();
            let (low, high) = sen_interval(&points, test.variance).unwrap();
            assert!(test.p_value < 0.01);
            held += u32::from((low..=high).contains(&0.3));
        }
        assert!((180..=200).contains(&held), "{held} of 200");
    }

    proptest! {
        #[test]
        fn no_series_makes_it_panic_and_chances_lie_between_0_and_1(
            values in prop::collection::vec(prop_oneof![-1e9f64..1e9, Just(0.0), Just(f64::NAN), Just(f64::INFINITY)], 0..40),
        ) {
            let points = series(&values);
            if let Some(test) = mann_kendall(&points) {
                prop_assert!((0.0..=1.000_001).contains(&test.p_value), "{test:?}");
                let _ = sen_interval(&points, test.variance);
            }
        }
    }
}
