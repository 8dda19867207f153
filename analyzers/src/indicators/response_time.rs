//! Quantiles, mean and maximum of response time.

use aforo_model::{Indicator, TimeSummary};

use super::{MIN_REQUESTS, Measurement};

/// Samples that must lie above a quantile before it is judged. With fewer, the quantile is the value of a few
/// single requests; five is the smallest expected count that statistics textbooks allow a cell of a table.
const MIN_SAMPLES_ABOVE: f64 = 5.0;

/// A quantile, 0–1. It needs five samples above it: P95 100 requests, P99 500, P99.9 5000.
pub(crate) fn quantile(times: &TimeSummary, quantile: f64) -> Measurement {
    let kept = [
        (0.5, times.p50_us),
        (0.9, times.p90_us),
        (0.95, times.p95_us),
        (0.99, times.p99_us),
        (0.999, times.p999_us),
    ];
    if quantile >= 1.0 {
        return max(times);
    }
    // Quantiles are read from decimal text, so equal ones may differ in the last binary digit.
    let Some((_, value_us)) = kept.into_iter().find(|(known, _)| (known - quantile).abs() < 1e-9) else {
        // Only a saved scenario can ask for one: those that are written are checked when they are read.
        return Measurement::nothing(format!(
            "the record does not keep {}; ask for p50, p90, p95, p99, p99.9 or max",
            Indicator::Quantile(quantile)
        ));
    };
    let Some(value_us) = value_us else { return no_times() };
    let measured = Measurement::exact(value_us as f64, times.count);
    let needed = samples_needed(quantile);
    if times.count < needed {
        let name = Indicator::Quantile(quantile);
        return measured.weakened(format!(
            "only {} requests were timed, and {name} needs {needed}; run for longer",
            times.count
        ));
    }
    measured
}

/// The mean. It needs 20 requests.
pub(super) fn mean(times: &TimeSummary) -> Measurement {
    let Some(mean_us) = times.mean_us else { return no_times() };
    let measured = Measurement::exact(mean_us, times.count);
    if times.count < MIN_REQUESTS {
        return measured.weakened(too_few(times.count, "a mean"));
    }
    measured
}

/// The longest time. One request that took too long decides; that none did needs 20.
pub(super) fn max(times: &TimeSummary) -> Measurement {
    let Some(max_us) = times.max_us else { return no_times() };
    let measured = Measurement::exact(max_us as f64, times.count);
    if times.count < MIN_REQUESTS {
        return measured.at_least(max_us as f64, too_few(times.count, "a longest time"));
    }
    measured
}

/// Requests that a quantile needs.
pub(crate) fn samples_needed(quantile: f64) -> u64 {
    // The small number takes back the rounding of 1 − 0.95, which would ask for 101.
    ((MIN_SAMPLES_ABOVE / (1.0 - quantile) - 1e-6).ceil() as u64).max(MIN_REQUESTS)
}

fn too_few(count: u64, what: &str) -> String {
    format!("only {count} requests were timed, and {what} needs {MIN_REQUESTS}; run for longer")
}

fn no_times() -> Measurement {
    Measurement::nothing("no request met its expectation, so there is no response time to judge")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Outcome;
    use aforo_model::TimeHistogram;

    fn times(count: u64, time_us: u64) -> TimeSummary {
        let mut histogram = TimeHistogram::new();
        for _ in 0..count {
            histogram.record_us(time_us);
        }
        histogram.summary()
    }

    fn outcome(measurement: &Measurement, expression: &str) -> Outcome {
        measurement.outcome(&expression.parse().unwrap())
    }

    #[test]
    fn five_samples_must_lie_above_a_quantile() {
        for (quantile, needed) in [(0.5, 20), (0.9, 50), (0.95, 100), (0.99, 500), (0.999, 5000)] {
            assert_eq!(samples_needed(quantile), needed, "{quantile}");
        }
    }

    #[test]
    fn a_p95_over_fewer_than_100_requests_is_unknown_either_way() {
        let slow = quantile(&times(99, 9_000_000), 0.95);
        assert!(matches!(outcome(&slow, "p95 < 3s"), Outcome::Unknown(why) if why.contains("needs 100")));
        assert_eq!(outcome(&quantile(&times(100, 9_000_000), 0.95), "p95 < 3s"), Outcome::Fails);
        assert_eq!(outcome(&quantile(&times(100, 9_000), 0.95), "p95 < 3s"), Outcome::Holds);
    }

    #[test]
    fn one_request_over_the_maximum_decides_and_one_under_it_does_not() {
        assert_eq!(outcome(&max(&times(1, 9_000_000)), "max < 3s"), Outcome::Fails);
        assert!(matches!(outcome(&max(&times(1, 9_000)), "max < 3s"), Outcome::Unknown(_)));
        assert_eq!(outcome(&quantile(&times(20, 9_000), 1.0), "p100 < 3s"), Outcome::Holds);
    }

    #[test]
    fn a_mean_needs_twenty_requests() {
        assert!(matches!(outcome(&mean(&times(19, 9_000)), "mean < 3s"), Outcome::Unknown(_)));
        assert_eq!(outcome(&mean(&times(20, 9_000)), "mean < 3s"), Outcome::Holds);
    }

    #[test]
    fn a_quantile_that_is_not_kept_is_named_with_those_that_are() {
        let measurement = quantile(&times(1000, 9_000), 0.75);
        assert!(
            matches!(outcome(&measurement, "p90 < 3s"), Outcome::Unknown(why) if why.contains("p75") && why.contains("p90"))
        );
    }

    #[test]
    fn every_quantile_that_can_be_written_is_kept() {
        let times = times(5000, 9_000);
        let mut written = 0;
        for permille in 0..=1000 {
            let word = format!("p{}", f64::from(permille) / 10.0);
            if let Ok(Indicator::Quantile(known)) = word.parse() {
                assert!(quantile(&times, known).value.is_some(), "{word}");
                written += 1;
            }
        }
        assert_eq!(written, 6);
    }
}
