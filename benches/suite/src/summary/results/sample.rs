//! Criterion's `sample.json`: what one function took in one pass.

use std::ops::RangeInclusive;

use serde::Deserialize;
use thiserror::Error;

/// Criterion takes at least so many times; fewer carry no interval.
const FEWEST_TIMES: usize = 10;
/// A thousandth of a nanosecond to almost three hours. What is outside was not measured.
const PER_CALL_NS: RangeInclusive<f64> = 1e-3..=1e13;

/// The times of one function in one pass: at least [`FEWEST_TIMES`], each within [`PER_CALL_NS`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    per_call_ns: Vec<f64>,
}

/// What Criterion saves. It saves how the counts were chosen as well, which does not matter here.
#[derive(Deserialize)]
struct Saved {
    /// How often the function was called for each time.
    iters: Vec<f64>,
    /// Nanoseconds that all these calls took.
    times: Vec<f64>,
}

/// Why a file gives no times.
#[derive(Debug, Error)]
pub(crate) enum SampleError {
    /// Cut short, or something else.
    #[error("is not what Criterion saves ({0}); measure again")]
    NotASample(#[from] serde_json::Error),
    /// The two lists do not belong together.
    #[error("has {times} times for {iters} counts of calls; measure again")]
    Unequal {
        /// Length of the list of times.
        times: usize,
        /// Length of the list of counts.
        iters: usize,
    },
    /// No interval can be drawn from it.
    #[error(
        "has {times} times, and fewer than {FEWEST_TIMES} carry no interval; raise the benchmark's sample size"
    )]
    TooFew {
        /// How many there are.
        times: usize,
    },
    /// Zero, negative, or beyond all reason.
    #[error(
        "says that {iters} calls took {time_ns} ns, which cannot be; does the benchmark measure what it calls?"
    )]
    NotATime {
        /// Calls.
        iters: f64,
        /// Nanoseconds.
        time_ns: f64,
    },
}

impl Sample {
    /// Reads `sample.json`.
    pub(crate) fn parse(json: &str) -> Result<Self, SampleError> {
        let Saved { iters, times } = serde_json::from_str(json)?;
        if iters.len() != times.len() {
            return Err(SampleError::Unequal { times: times.len(), iters: iters.len() });
        }
        if times.len() < FEWEST_TIMES {
            return Err(SampleError::TooFew { times: times.len() });
        }
        let per_call_ns = iters.into_iter().zip(times).map(|(iters, time_ns)| {
            let per_call_ns = time_ns / iters;
            let is_time = iters >= 1.0 && PER_CALL_NS.contains(&per_call_ns);
            if is_time { Ok(per_call_ns) } else { Err(SampleError::NotATime { iters, time_ns }) }
        });
        Ok(Self { per_call_ns: per_call_ns.collect::<Result<_, _>>()? })
    }

    /// Nanoseconds of a call, each the mean of some calls.
    pub(crate) fn per_call_ns(&self) -> &[f64] {
        &self.per_call_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As Criterion writes it.
    fn saved(iters: &str, times: &str) -> String {
        format!(r#"{{"sampling_mode":"Linear","iters":[{iters}],"times":[{times}]}}"#)
    }

    fn why(json: &str) -> String {
        Sample::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn a_time_is_of_one_call() {
        let iters = "1.0,2.0,3.0,4.0,5.0,6.0,7.0,8.0,9.0,10.0";
        let times = "10.0,20.0,30.0,40.0,50.0,60.0,70.0,80.0,90.0,110.0";
        let sample = Sample::parse(&saved(iters, times)).unwrap();
        assert_eq!(sample.per_call_ns(), [10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 11.0]);
    }

    #[test]
    fn nine_times_are_one_too_few() {
        let nine = ["1.0"; 9].join(",");
        assert!(why(&saved(&nine, &nine)).contains("has 9 times"));
    }

    #[test]
    fn an_empty_sample_is_too_small() {
        assert!(why(&saved("", "")).contains("has 0 times"));
    }

    #[test]
    fn a_file_that_was_cut_short_is_said_to_be_none_of_criterions() {
        let whole = saved("1.0,2.0", "1.0,2.0");
        for end in 0..whole.len() {
            assert!(why(&whole[..end]).contains("measure again"), "cut at {end}");
        }
    }

    #[test]
    fn lists_of_two_lengths_do_not_belong_together() {
        assert!(why(&saved("1.0,2.0,3.0", "1.0,2.0")).contains("2 times for 3 counts"));
    }

    #[test]
    fn times_that_cannot_be_are_refused() {
        for (iters, time) in [
            ("1.0", "0.0"),
            ("1.0", "-1.0"),
            ("0.0", "1.0"),
            ("-1.0", "-1.0"),
            ("1.0", "1e300"),
            ("1e300", "1.0"),
        ] {
            let json = saved(&[iters; 10].join(","), &[time; 10].join(","));
            assert!(why(&json).contains("cannot be"), "{iters} {time}");
        }
        let null = saved(&["1.0"; 10].join(","), &["null"; 10].join(","));
        assert!(why(&null).contains("is not what Criterion saves"));
    }

    proptest! {
        #[test]
        fn whatever_is_in_a_file_is_refused_or_a_list_of_times(
            calls in prop::collection::vec(any::<f64>(), 0..30),
            times in prop::collection::vec(any::<f64>(), 0..30),
            garbage in any::<String>(),
        ) {
            let list = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
            prop_assert!(Sample::parse(&garbage).is_err());
            if let Ok(sample) = Sample::parse(&saved(&list(&calls), &list(&times))) {
                prop_assert!(sample.per_call_ns().iter().all(|time_ns| PER_CALL_NS.contains(time_ns)));
            }
        }
    }
}
