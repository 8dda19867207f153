//! Values to explain a statement with, drawn from the planner's statistics.
//!
//! One value says little: a plan that is good for a rare status can be bad for the common one. So there are three draws, and the
//! worst and the median are what is reported.

use aforo_model::database::ColumnStatistics;

/// The most common, the least common and the median value of a column; the same value may stand for several. Nothing where the
/// statistics hold no values: a table that was never analysed, or columns of a type without an order.
fn sample_values(statistics: &ColumnStatistics) -> Option<[String; 3]> {
    let by_ratio = statistics.common_values.iter().zip(&statistics.common_ratios);
    let most_common = by_ratio.clone().max_by(|one, other| one.1.total_cmp(other.1)).map(|(value, _)| value);
    let rarest_common = by_ratio.min_by(|one, other| one.1.total_cmp(other.1)).map(|(value, _)| value);
    // The values of the histogram are rarer than all common ones.
    let bounds = &statistics.histogram_bounds;
    let middle = bounds.get(bounds.len() / 2);
    // Not its first or last bound: those are extremes, beyond which a range is empty.
    let rare = bounds.get(bounds.len() / 4);
    let most_common = most_common.or(middle)?;
    let least_common = rare.or(rarest_common)?;
    let median = middle.unwrap_or(least_common);
    Some([most_common, least_common, median].map(String::clone))
}

/// Values for all parameters of a statement, from the statistics of the column each is compared with, in the order of the
/// parameters: most common, least common, median; equal draws once. Empty where a parameter has no such column: a plan with a
/// made-up value, or with NULL, is the plan of another statement.
pub(crate) fn parameter_draws(columns: &[Option<&ColumnStatistics>]) -> Vec<Vec<Option<String>>> {
    let samples: Option<Vec<_>> = columns.iter().map(|column| sample_values((*column)?)).collect();
    let Some(samples) = samples else { return Vec::new() };
    let mut draws: Vec<Vec<Option<String>>> = Vec::new();
    for number in 0..3 {
        let draw: Vec<_> = samples.iter().map(|of_column| Some(of_column[number].clone())).collect();
        if !draws.contains(&draw) {
            draws.push(draw);
        }
    }
    draws
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(common: &[(&str, f64)], bounds: &[&str]) -> ColumnStatistics {
        ColumnStatistics {
            common_values: common.iter().map(|(value, _)| (*value).to_owned()).collect(),
            common_ratios: common.iter().map(|(_, ratio)| *ratio).collect(),
            histogram_bounds: bounds.iter().map(|bound| (*bound).to_owned()).collect(),
            ..ColumnStatistics::default()
        }
    }

    #[test]
    fn a_status_is_drawn_by_how_common_it_is() {
        let status = statistics(&[("confirmed", 0.9), ("cancelled", 0.02), ("pending", 0.08)], &[]);
        assert_eq!(sample_values(&status).unwrap(), ["confirmed", "cancelled", "cancelled"]);
    }

    #[test]
    fn a_key_is_drawn_from_the_histogram() {
        let key = statistics(&[], &["1", "250", "500", "750", "1000"]);
        assert_eq!(sample_values(&key).unwrap(), ["500", "250", "500"]);
        let both = statistics(&[("7", 0.5)], &["1", "250", "500", "750", "1000"]);
        assert_eq!(sample_values(&both).unwrap(), ["7", "250", "500"]);
    }

    #[test]
    fn without_values_there_is_nothing_to_draw() {
        assert_eq!(sample_values(&ColumnStatistics::default()), None);
        assert_eq!(sample_values(&statistics(&[("x", f64::NAN)], &[])).unwrap(), ["x", "x", "x"]);
    }

    #[test]
    fn draws_go_together_and_are_told_once() {
        let status = statistics(&[("confirmed", 0.9), ("pending", 0.1)], &[]);
        let key = statistics(&[], &["1", "250", "500", "750", "1000"]);
        let draw = |one: &str, other: &str| vec![Some(one.to_owned()), Some(other.to_owned())];
        assert_eq!(
            parameter_draws(&[Some(&status), Some(&key)]),
            [draw("confirmed", "500"), draw("pending", "250"), draw("pending", "500")]
        );
        let single = statistics(&[("x", 1.0)], &[]);
        assert_eq!(parameter_draws(&[Some(&single)]), [vec![Some("x".to_owned())]]);
        assert!(parameter_draws(&[Some(&status), None]).is_empty());
        assert_eq!(parameter_draws(&[]), [Vec::<Option<String>>::new()], "a statement without parameters");
    }
}
