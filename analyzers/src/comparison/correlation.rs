//! For how long a run remembers.

use super::seconds::Counts;
use crate::statistics::mean;

/// Over how many seconds what is slow stays slow: the sum of the autocorrelations of a series by the first of them, which for a
/// memory that fades evenly is its length, however much noise covers it. 0 where the second after tells nothing.
pub(super) fn correlation_time_s(values: &[f64]) -> f64 {
    let count = values.len();
    let Some(mean) = mean(values.iter().copied()) else { return 0.0 };
    let covariance = |lag: usize| -> f64 {
        values.iter().zip(&values[lag..]).map(|(one, later)| (one - mean) * (later - mean)).sum()
    };
    let variance = covariance(0);
    // What white noise stays below in 19 of 20 lags.
    let noise = 2.0 / (count as f64).sqrt();
    let correlation = |lag: usize| covariance(lag) / variance;
    let told: Vec<f64> = (1..count / 2).map(correlation).take_while(|value| *value > noise).collect();
    told.first().map_or(0.0, |first| told.iter().sum::<f64>() / first)
}

/// The logarithm of the 95th percentile of each second, left out where a second has no request.
pub(super) fn log_p95(seconds: &[Counts]) -> Vec<f64> {
    let of = |counts: &Counts| {
        let mut times = counts.times.clone();
        times.sort_unstable();
        let total: u64 = times.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = (total as f64 * 0.95).ceil() as u64;
        let mut seen = 0;
        let reached = times.iter().find(|(_, count)| {
            seen += u64::from(*count);
            seen >= rank
        });
        reached.map(|(time_us, _)| f64::from(*time_us).max(1.0).ln())
    };
    seconds.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Random;

    fn series(phi: f64, noise: f64, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        let mut value = 0.0;
        let next = |_| {
            value = phi * value + (1.0 - phi * phi).sqrt() * random.normal();
            value + noise * random.normal()
        };
        (0..3000).map(next).collect()
    }

    #[test]
    fn a_memory_of_ten_seconds_is_seen_through_noise() {
        // What is below the noise at the far end is missing in the sum.
        for noise in [0.0, 1.0] {
            let time_s = correlation_time_s(&series(0.9, noise, 2));
            assert!((6.0..13.0).contains(&time_s), "{time_s}");
        }
    }

    #[test]
    fn what_remembers_nothing_has_no_memory() {
        assert_eq!(correlation_time_s(&[]), 0.0);
        assert_eq!(correlation_time_s(&[1.0; 50]), 0.0);
        assert!(correlation_time_s(&series(0.0, 0.0, 3)) <= 1.0);
    }

    #[test]
    fn a_second_s_percentile_is_its_95th_and_an_empty_second_has_none() {
        let counts = |times: &[(u32, u32)]| Counts { requests: 0, errors: 0, times: times.to_vec() };
        let values = log_p95(&[counts(&[(500, 1), (10, 94), (100, 5)]), counts(&[])]);
        assert_eq!(values, [100f64.ln()]);
    }
}
