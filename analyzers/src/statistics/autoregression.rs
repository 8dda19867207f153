//! How easily a series that only remembers what it was shows a slope.

use super::Random;

/// Series that are drawn. The chance is known to a few thousandths near 1 %.
const DRAWS: usize = 999;
/// The same evidence gives the same chance.
const SEED: u64 = 0x0051_07e5;
/// Fewest values from which a memory can be estimated.
const MIN_VALUES: usize = 8;

/// Chance, 0–1, that a series of the same length, the same memory and no trend rises as steeply as `values` (equally spaced) do: a
/// bootstrap of residuals in an autoregression of first order (Efron and Tibshirani 1986). Where neighbours resemble
/// each other closely, ranks and slopes wander far by chance, more than the variance of Hamed and Rao allows for, because correlation estimated from
/// a short series is too small. Here the estimate is freed of that bias first.
///
/// `None` of fewer than eight values, or of one that is no number.
pub(crate) fn chance_of_rise(values: &[f64]) -> Option<f64> {
    if values.len() < MIN_VALUES || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let slope = slope(values);
    if slope <= 0.0 {
        return Some(1.0);
    }
    let model = Autoregression::of(values, slope);
    let mut random = Random::new(SEED);
    let mut drawn = vec![0.0; values.len()];
    let as_steep = (0..DRAWS)
        .filter(|_| {
            model.draw(&mut random, &mut drawn);
            self::slope(&drawn) >= slope
        })
        .count();
    Some((as_steep + 1) as f64 / (DRAWS + 1) as f64)
}

/// Least-squares slope over the index.
fn slope(values: &[f64]) -> f64 {
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let (mut products, mut squares) = (0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 - middle;
        products += x * value;
        squares += x * x;
    }
    products / squares
}

/// Each value is `memory` times the one before it, and something new.
struct Autoregression {
    memory: f64,
    /// What was new at each value, with mean zero.
    innovations: Vec<f64>,
}

impl Autoregression {
    fn of(values: &[f64], slope: f64) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let middle = (count - 1.0) / 2.0;
        let residuals: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(index, value)| value - mean - slope * (index as f64 - middle))
            .collect();
        let pairs = || residuals.windows(2).map(|pair| (pair[0], pair[1]));
        let squares: f64 = pairs().map(|(before, _)| before * before).sum();
        let estimate = if squares > 0.0 {
            pairs().map(|(before, now)| before * now).sum::<f64>() / squares
        } else {
            0.0
        };
        // Around a fitted line the estimate falls short by (2 + 4φ)/n (Kendall 1954, extended to a line by Tanaka 1984).
        let memory = ((count * estimate + 2.0) / (count - 4.0)).clamp(0.0, 1.0);
        let mut innovations: Vec<f64> = pairs().map(|(before, now)| now - memory * before).collect();
        let centre = innovations.iter().sum::<f64>() / innovations.len() as f64;
        // Two parameters of the line and the memory were fitted, so what is left is a little too small.
        let inflation = (count / (count - 3.0)).sqrt();
        innovations.iter_mut().for_each(|innovation| *innovation = (*innovation - centre) * inflation);
        Self { memory, innovations }
    }

    /// Fills `values` with a series of this memory, which has run for a while before.
    fn draw(&self, random: &mut Random, values: &mut [f64]) {
        let mut value = 0.0;
        let mut step = || {
            value = self.memory * value + self.innovations[random.below(self.innovations.len())];
            value
        };
        for _ in 0..values.len() {
            step();
        }
        values.iter_mut().for_each(|place| *place = step());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(random: &mut Random, memory: f64, rise: f64, count: usize) -> Vec<f64> {
        let mut value = 0.0;
        (0..count + 100)
            .map(|_| {
                value = memory * value + random.normal();
                value
            })
            .skip(100)
            .enumerate()
            .map(|(index, value)| value + rise * index as f64)
            .collect()
    }

    fn seen(memory: f64, rise: f64) -> usize {
        let mut random = Random::new(21);
        (0..300).filter(|_| chance_of_rise(&walk(&mut random, memory, rise, 80)).unwrap() < 0.01).count()
    }

    #[test]
    fn chances_are_what_they_say_with_and_without_a_memory() {
        for memory in [0.0, 0.5, 0.9] {
            let seen = seen(memory, 0.0);
            // 1 % of 300 is 3; a long memory cannot be told from 80 values, and gives more.
            assert!(seen <= 18, "{seen} of 300 with a memory of {memory}");
        }
    }

    #[test]
    fn a_rise_beyond_the_noise_is_seen() {
        assert_eq!(seen(0.0, 0.05), 300);
        assert!(seen(0.5, 0.1) > 290);
    }

    #[test]
    fn a_line_is_a_rise_and_one_step_or_what_never_changes_is_none() {
        let step: Vec<f64> = (0..80).map(|index| if index < 40 { 0.0 } else { 50.0 }).collect();
        assert!(chance_of_rise(&step).unwrap() > 0.01, "{:?}", chance_of_rise(&step));
        let line: Vec<f64> = (0..80).map(f64::from).collect();
        // The least that so many draws can tell.
        assert_eq!(chance_of_rise(&line), Some(1.0 / (DRAWS + 1) as f64));
        assert_eq!(chance_of_rise(&[3.0; 80]), Some(1.0));
        assert_eq!(chance_of_rise(&line[..7]), None);
    }

    proptest! {
        #[test]
        fn no_series_makes_it_panic_and_chances_lie_between_0_and_1(
            values in prop::collection::vec(prop_oneof![-1e300f64..1e300, Just(0.0), Just(f64::NAN)], 0..20),
        ) {
            if let Some(chance) = chance_of_rise(&values) {
                prop_assert!((0.0..=1.0).contains(&chance), "{chance}");
            }
        }
    }
}
