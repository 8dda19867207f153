//! Medians.

/// The middle value, or the mean of the two in the middle; none of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(f64::midpoint(values[(values.len() - 1) / 2], upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_values_has_one_in_the_middle() {
        assert_eq!(median([9.0, 1.0, 4.0]), Some(4.0));
    }

    #[test]
    fn an_even_number_of_values_has_two() {
        assert_eq!(median([9.0, 1.0, 4.0, 5.0]), Some(4.5));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(median([]), None);
    }
}
