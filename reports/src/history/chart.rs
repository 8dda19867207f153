//! Values as a line of blocks.

/// Blocks of rising height.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `columns` values as a line of blocks, from the smallest to the largest of them. Values that are all equal stand in the middle.
pub(super) fn spark_line(values: &[f64], columns: usize) -> String {
    let shown = &values[values.len().saturating_sub(columns)..];
    let low = shown.iter().copied().fold(f64::INFINITY, f64::min);
    let high = shown.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let block = |value: &f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        BLOCKS[((share * 8.0) as usize).min(7)]
    };
    shown.iter().map(block).collect()
}

/// A bar of at most `columns` for a value of at most `largest`.
pub(super) fn bar(value: f64, largest: f64, columns: usize) -> String {
    let share = if largest > 0.0 { (value / largest).clamp(0.0, 1.0) } else { 0.0 };
    "█".repeat((share * columns as f64).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_and_the_largest_value_have_the_lowest_and_the_highest_block() {
        assert_eq!(spark_line(&[0.0, 1.0, 2.0], 10), "▁▅█");
        assert_eq!(spark_line(&[9.0, 0.0, 1.0], 2), "▁█", "only the last two");
        assert_eq!(spark_line(&[3.0, 3.0], 10), "▅▅");
        assert_eq!(spark_line(&[], 10), "");
        assert_eq!(spark_line(&[f64::NAN, 1.0], 10).chars().count(), 2);
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!((bar(5.0, 10.0, 8).chars().count(), bar(0.0, 0.0, 8).len()), (4, 0));
        assert_eq!(bar(f64::NAN, 1.0, 8), "");
    }
}
