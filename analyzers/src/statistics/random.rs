//! Numbers that look random and are the same every time.

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough to resample with. Every user seeds it with a
/// constant, so that the same evidence gives the same intervals.
#[derive(Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly distributed above 0 up to 1.
    fn unit(&mut self) -> f64 {
        // 53 bits fit an f64 exactly.
        ((self.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Evenly distributed from 0 up to, and without, `count`; 0 of nothing.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((1.0 - self.unit()) * count as f64) as usize
    }

    /// Normally distributed with mean 0 and variance 1 (Box–Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Chi-squared distributed with so many degrees of freedom.
    pub(crate) fn chi_squared(&mut self, degrees: usize) -> f64 {
        (0..degrees).map(|_| self.normal().powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_of_seed_1234567_comes_out() {
        let mut random = Random::new(1_234_567);
        assert_eq!(
            [random.next_u64(), random.next_u64(), random.next_u64()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn every_number_below_a_count_comes_equally_often() {
        let mut random = Random::new(3);
        let mut seen = [0u32; 5];
        (0..10_000).for_each(|_| seen[random.below(5)] += 1);
        // Five standard deviations.
        assert!(seen.iter().all(|count| (1800..2200).contains(count)), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn the_moments_are_those_of_their_distributions() {
        let mut random = Random::new(1);
        let normals: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = normals.iter().sum::<f64>() / 20_000.0;
        let variance = normals.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        // Five standard errors.
        assert!(mean.abs() < 0.036 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let squared = (0..5_000).map(|_| random.chi_squared(4)).sum::<f64>() / 5_000.0;
        assert!((squared - 4.0).abs() < 0.2, "{squared}");
    }
}
