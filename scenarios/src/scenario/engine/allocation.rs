//! Which journey each virtual user takes.

/// Splits `users` among journeys by weight, and gives every journey with a weight at least one user as long
/// as there are enough: a rare journey that nobody takes would leave its objectives without a judgement.
///
/// This is the method of largest remainder. Journeys whose exact share is below one user get that one
/// user first; the others share the rest. Equal remainders go to the earlier journey. Goose is then given
/// these counts as its weights, because it deals users out in whole rounds of all weights: with 30 and 70 as
/// weights, its first ten users would be five and five.
pub(crate) fn allocate(users: u32, weights: &[u32]) -> Vec<u32> {
    let mut counts = vec![0; weights.len()];
    let mut open: Vec<usize> = (0..weights.len()).filter(|&journey| weights[journey] > 0).collect();
    if open.is_empty() {
        return counts;
    }
    let mut left = users;
    if users as usize >= open.len() {
        // Serving one small journey shrinks the share of the others, so look again until none is below one.
        while let Some(position) = {
            let total = total_weight(&open, weights);
            open.iter().position(|&journey| u64::from(weights[journey]) * u64::from(left) < total)
        } {
            counts[open.remove(position)] = 1;
            left -= 1;
        }
    }
    let total = total_weight(&open, weights);
    let mut remainders = Vec::new();
    let mut dealt = 0;
    for &journey in &open {
        let share = u64::from(weights[journey]) * u64::from(left);
        counts[journey] = u32::try_from(share / total).expect("a share is not larger than the whole");
        dealt += counts[journey];
        remainders.push((std::cmp::Reverse(share % total), journey));
    }
    remainders.sort_unstable();
    for (_, journey) in remainders.into_iter().take((left - dealt) as usize) {
        counts[journey] += 1;
    }
    counts
}

fn total_weight(journeys: &[usize], weights: &[u32]) -> u64 {
    journeys.iter().map(|&journey| u64::from(weights[journey])).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_users_are_split_as_the_weights_say() {
        assert_eq!(allocate(10, &[30, 20, 20, 10, 10, 10]), [3, 2, 2, 1, 1, 1]);
        assert_eq!(allocate(10, &[30, 70]), [3, 7]);
        assert_eq!(allocate(100, &[1, 1, 1]), [34, 33, 33]);
    }

    #[test]
    fn a_rare_journey_still_gets_a_user() {
        assert_eq!(allocate(10, &[97, 1, 1, 1]), [7, 1, 1, 1]);
        assert_eq!(allocate(10, &[1000, 0, 1]), [9, 0, 1]);
    }

    #[test]
    fn with_fewer_users_than_journeys_the_heavier_ones_go_first() {
        assert_eq!(allocate(2, &[10, 50, 30]), [0, 1, 1]);
        assert_eq!(allocate(1, &[1, 1]), [1, 0]);
    }

    proptest! {
        #[test]
        fn everybody_is_dealt_and_nobody_is_far_from_the_exact_share(
            users in 1u32..20_000,
            weights in prop::collection::vec(0u32..1_000, 1..12),
        ) {
            let counts = allocate(users, &weights);
            let total: u64 = weights.iter().copied().map(u64::from).sum();
            prop_assume!(total > 0);
            prop_assert_eq!(counts.iter().sum::<u32>(), users);
            let journeys = weights.iter().filter(|weight| **weight > 0).count() as u32;
            for (count, weight) in counts.iter().zip(&weights) {
                prop_assert!(*weight > 0 || *count == 0);
                prop_assert!(users < journeys || *weight == 0 || *count > 0);
                let exact = f64::from(users) * f64::from(*weight) / total as f64;
                prop_assert!((f64::from(*count) - exact).abs() <= f64::from(journeys));
            }
        }
    }
}
