//! A run's seconds drawn again in blocks.

use crate::statistics::Random;

/// A ratio of two sums over seconds, such as CPU time by requests.
pub(super) struct Ratio {
    /// Sums up to each second, over the seconds twice, so that a block may run over the end.
    numerators: Vec<f64>,
    denominators: Vec<f64>,
    seconds: usize,
}

impl Ratio {
    /// Of numerator and denominator of each second.
    pub(super) fn of(seconds: &[(f64, f64)]) -> Self {
        let twice = || seconds.iter().chain(seconds);
        Self {
            numerators: sums(twice().map(|(numerator, _)| *numerator)),
            denominators: sums(twice().map(|(_, denominator)| *denominator)),
            seconds: seconds.len(),
        }
    }

    /// The ratio over all seconds; not a number where the denominators are zero.
    pub(super) fn value(&self) -> f64 {
        self.numerators[self.seconds] / self.denominators[self.seconds]
    }

    /// The standard error of the ratio by the circular block bootstrap (Politis, Romano 1992): blocks of `block_s` seconds in a row are
    /// drawn until there are as many seconds again, and the ratio is taken of what they hold together.
    pub(super) fn standard_error(&self, block_s: usize, resamples: u32, random: &mut Random) -> f64 {
        let blocks = self.seconds.div_ceil(block_s.max(1));
        let mut ratios = Vec::with_capacity(resamples as usize);
        for _ in 0..resamples {
            let (mut numerator, mut denominator) = (0.0, 0.0);
            for _ in 0..blocks {
                let from = random.below(self.seconds);
                numerator += self.numerators[from + block_s] - self.numerators[from];
                denominator += self.denominators[from + block_s] - self.denominators[from];
            }
            if denominator > 0.0 {
                ratios.push(numerator / denominator);
            }
        }
        deviation(&ratios)
    }
}

/// The standard deviation of a sample; 0 of fewer than two values.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    if count < 2.0 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
}

fn sums(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let running = values.map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(running.collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `φ` = 0.8 makes the variance of a mean nine times what it is for independent values.
    fn correlated(seconds: usize, phi: f64, seed: u64) -> Vec<(f64, f64)> {
        let mut random = Random::new(seed);
        let mut value = 0.0;
        let next = |_| {
            value = phi * value + (1.0 - phi * phi).sqrt() * random.normal();
            (10.0 + value, 1.0)
        };
        (0..seconds).map(next).collect()
    }

    #[test]
    fn of_independent_seconds_the_error_is_that_of_a_mean() {
        let ratio = Ratio::of(&correlated(2000, 0.0, 3));
        let error = ratio.standard_error(5, 2000, &mut Random::new(1));
        assert!((error / (1.0 / 2000f64.sqrt()) - 1.0).abs() < 0.15, "{error}");
        assert!((ratio.value() - 10.0).abs() < 0.1);
    }

    #[test]
    fn blocks_keep_what_seconds_have_in_common() {
        let ratio = Ratio::of(&correlated(4000, 0.8, 4));
        let truth = 3.0 / 4000f64.sqrt();
        let alone = ratio.standard_error(1, 2000, &mut Random::new(1));
        let blocks = ratio.standard_error(60, 2000, &mut Random::new(1));
        assert!(alone < 0.5 * truth, "{alone} against {truth}");
        assert!((blocks / truth - 1.0).abs() < 0.25, "{blocks} against {truth}");
    }

    #[test]
    fn the_same_seed_gives_the_same_error() {
        let ratio = Ratio::of(&correlated(100, 0.5, 5));
        let error = || ratio.standard_error(5, 200, &mut Random::new(9));
        assert_eq!(error().to_bits(), error().to_bits());
    }
}
