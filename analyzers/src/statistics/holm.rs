//! Many questions at once.

/// Chances adjusted for how many were looked at (Holm 1979): the smallest times their number, the next times one less, and
/// none below the one before. Those up to 5 % are wrong with 5 % over all of them together. In the order given.
pub(crate) fn holm(chances: &[f64]) -> Vec<f64> {
    let mut places: Vec<usize> = (0..chances.len()).collect();
    places.sort_by(|one, other| chances[*one].total_cmp(&chances[*other]));
    let mut adjusted = vec![1.0; chances.len()];
    let mut largest: f64 = 0.0;
    for (rank, place) in places.into_iter().enumerate() {
        largest = largest.max(chances[place] * (chances.len() - rank) as f64).min(1.0);
        adjusted[place] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_done_by_hand_agrees() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        let by_hand = [0.03, 0.06, 0.06, 0.02];
        assert!(adjusted.iter().zip(by_hand).all(|(one, other)| (one - other).abs() < 1e-12), "{adjusted:?}");
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}
