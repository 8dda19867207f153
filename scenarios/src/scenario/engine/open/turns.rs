//! Which journey each start takes.

/// Deals turns by weight, evenly mixed and without chance: smooth weighted round robin. In every row of as many
/// turns as the weights add up to, each journey gets exactly its weight.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    weights: Vec<i64>,
    credits: Vec<i64>,
}

impl Turns {
    /// Turns for as many journeys as there are weights; there must be one.
    pub(super) fn new(weights: impl IntoIterator<Item = u32>) -> Self {
        let weights: Vec<i64> = weights.into_iter().map(i64::from).collect();
        Self { credits: vec![0; weights.len()], weights }
    }

    /// The journey whose turn it is.
    pub(super) fn next(&mut self) -> usize {
        let (mut turn, mut total) = (0, 0);
        for (journey, weight) in self.weights.iter().enumerate() {
            self.credits[journey] += weight;
            total += weight;
            if self.credits[journey] > self.credits[turn] {
                turn = journey;
            }
        }
        self.credits[turn] -= total;
        turn
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn turns_are_mixed_and_not_in_blocks() {
        let mut turns = Turns::new([5, 1, 1]);
        assert_eq!([(); 7].map(|()| turns.next()), [0, 0, 1, 0, 2, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_journey_is_always_within_a_few_turns_of_its_share(
            weights in prop::collection::vec(1u32..100, 1..8), count in 1usize..2_000,
        ) {
            let mut turns = Turns::new(weights.iter().copied());
            let mut taken = vec![0u32; weights.len()];
            (0..count).for_each(|_| taken[turns.next()] += 1);
            let total: u32 = weights.iter().sum();
            for (taken, weight) in taken.iter().zip(&weights) {
                let share = count as f64 * f64::from(*weight) / f64::from(total);
                prop_assert!((f64::from(*taken) - share).abs() < weights.len() as f64);
            }
        }
    }
}
