//! How far a median, and the ratio of two, can be off: by drawing from the times that were measured, again and again.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::estimate::Estimate;
use crate::results::Sample;

/// Draws. The ends of a 95 % interval then rest on a hundred of them each.
const DRAWS: usize = 4_000;
/// The same times give the same interval.
const SEED: u64 = 1_844;
/// The share of draws beyond each end of a 95 % interval.
const TAIL: f64 = 0.025;

/// The median of a function's times, in nanoseconds.
pub(crate) fn median_ns(sample: &Sample) -> Estimate {
    let mut draws = Draws::new(sample, SEED);
    estimate(draws.median_of_all(), || draws.next_median())
}

/// The ratio of the medians of two functions' times, after over before.
///
/// Both are drawn from independently: the times of one have nothing to do with those of the other.
pub(crate) fn ratio_of_medians(before: &Sample, after: &Sample) -> Estimate {
    let (mut before, mut after) = (Draws::new(before, SEED), Draws::new(after, SEED + 1));
    estimate(after.median_of_all() / before.median_of_all(), || after.next_median() / before.next_median())
}

/// The percentile interval of `value` from draws of it.
fn estimate(value: f64, mut draw: impl FnMut() -> f64) -> Estimate {
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let beyond = (DRAWS as f64 * TAIL) as usize;
    Estimate { value, low: drawn[beyond], high: drawn[DRAWS - 1 - beyond] }
}

/// Samples drawn from a sample, with replacement.
struct Draws {
    /// In order, so that the middle of a draw is found by counting.
    sorted_ns: Vec<f64>,
    /// How often each of them was drawn.
    drawn: Vec<usize>,
    random: StdRng,
}

impl Draws {
    fn new(sample: &Sample, seed: u64) -> Self {
        let mut sorted_ns = sample.per_call_ns().to_vec();
        sorted_ns.sort_unstable_by(f64::total_cmp);
        Self { drawn: vec![0; sorted_ns.len()], sorted_ns, random: StdRng::seed_from_u64(seed) }
    }

    fn median_of_all(&mut self) -> f64 {
        self.drawn.fill(1);
        self.middle()
    }

    fn next_median(&mut self) -> f64 {
        self.drawn.fill(0);
        for _ in 0..self.sorted_ns.len() {
            let at = self.random.random_range(0..self.sorted_ns.len());
            self.drawn[at] += 1;
        }
        self.middle()
    }

    /// The middle of what was drawn, or the mean of the two in the middle.
    fn middle(&self) -> f64 {
        let count = self.sorted_ns.len();
        f64::midpoint(self.ranked((count - 1) / 2), self.ranked(count / 2))
    }

    /// What was drawn, counted from the smallest, which is 0.
    fn ranked(&self, rank: usize) -> f64 {
        let mut counted = 0;
        let reaches = |drawn: &usize| {
            counted += drawn;
            counted > rank
        };
        let at = self.drawn.iter().position(reaches).expect("as many are drawn as there are");
        self.sorted_ns[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, prop, prop_assert, proptest};
    use serde_json::Value;

    fn sample(times_ns: &[f64]) -> Sample {
        let json = serde_json::json!({ "iters": vec![1.0; times_ns.len()], "times": times_ns });
        Sample::parse(&json.to_string()).unwrap()
    }

    /// Times about `middle_ns`, from half to one and a half of it.
    fn noisy(middle_ns: f64, random: &mut StdRng) -> Sample {
        sample(&std::array::from_fn::<f64, 20, _>(|_| middle_ns * random.random_range(0.5..1.5)))
    }

    #[test]
    fn times_without_noise_have_a_ratio_without_an_interval() {
        let ratio = ratio_of_medians(&sample(&[200.0; 20]), &sample(&[50.0; 20]));
        assert_eq!(ratio, Estimate { value: 0.25, low: 0.25, high: 0.25 });
    }

    #[test]
    fn the_interval_holds_the_true_ratio_as_often_as_it_says() {
        const TRIALS: usize = 100;
        let mut random = StdRng::seed_from_u64(3);
        let held = (0..TRIALS).filter(|_| {
            let ratio = ratio_of_medians(&noisy(1_000.0, &mut random), &noisy(300.0, &mut random));
            ratio.low <= 0.3 && 0.3 <= ratio.high
        });
        let share = held.count() as f64 / TRIALS as f64;
        // Percentile intervals of medians of 20 are known to err a little; 100 trials tell 95 % from 88 %.
        assert!((0.88..=1.0).contains(&share), "{share}");
    }

    #[test]
    fn the_same_times_have_the_same_interval() {
        let times = noisy(1_000.0, &mut StdRng::seed_from_u64(4));
        assert_eq!(median_ns(&times), median_ns(&times));
    }

    #[test]
    fn twins_of_equal_times_are_not_drawn_in_step() {
        let times = noisy(1_000.0, &mut StdRng::seed_from_u64(5));
        let ratio = ratio_of_medians(&times, &times);
        assert_eq!(ratio.value, 1.0);
        assert!(ratio.low < 0.95 && ratio.high > 1.05, "{ratio:?}");
    }

    /// The same sample, as Criterion itself sums it up.
    #[test]
    fn medians_and_their_intervals_are_criterions() {
        let sample = Sample::parse(include_str!("../../fixtures/sample.json")).unwrap();
        let estimates: Value = serde_json::from_str(include_str!("../../fixtures/estimates.json")).unwrap();
        let theirs = |pointer: &str| estimates["median"].pointer(pointer).and_then(Value::as_f64).unwrap();
        let ours = median_ns(&sample);
        assert!((ours.value / theirs("/point_estimate") - 1.0).abs() < 1e-12);
        // They draw more often, and from another generator: the ends agree to a part of the interval's width.
        let (low, high) =
            (theirs("/confidence_interval/lower_bound"), theirs("/confidence_interval/upper_bound"));
        let leeway = (high - low) * 0.2;
        assert!((ours.low - low).abs() <= leeway, "{ours:?} {estimates}");
        assert!((ours.high - high).abs() <= leeway, "{ours:?} {estimates}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn an_interval_is_finite_and_holds_its_figure(
            before in prop::collection::vec(1e-3..1e13_f64, 10..40),
            after in prop::collection::vec(1e-3..1e13_f64, 10..40),
        ) {
            let ratio = ratio_of_medians(&sample(&before), &sample(&after));
            prop_assert!(ratio.low > 0.0 && ratio.high.is_finite());
            prop_assert!(ratio.low <= ratio.value && ratio.value <= ratio.high, "{ratio:?}");
        }
    }
}
