//! Columns of figures, short enough for a page: the one place in which a chart's points are not those of the record.

use serde::{Serialize, Serializer};

/// A chart draws at most this many points: an hour of seconds. It is more than a screen has room for side by side.
const MOST_POINTS: usize = 3_600;

/// One figure of a chart as the page carries it, in as few characters as tell it: whole, or with three decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figure(f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// Beyond it a number of 64 bits does not tell whole numbers apart.
        const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;
        let rounded = (self.0 * 1e3).round() / 1e3;
        if rounded.fract() == 0.0 && rounded.abs() < LARGEST_WHOLE {
            serializer.serialize_i64(rounded as i64)
        } else {
            serializer.serialize_f64(rounded)
        }
    }
}

/// The figures of a line, in the order of time.
pub(super) type Column = Vec<Option<Figure>>;

/// How the figures that share a point become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The highest: no peak of a quantile or of a resource is lost.
    Highest,
    /// The mean: of counts a second.
    Mean,
    /// The last: of times.
    Last,
}

/// How many figures share one point of a column with so many of them.
pub(super) fn width(length: usize) -> usize {
    length.div_ceil(MOST_POINTS).max(1)
}

/// A column of `length` figures; those that are missing at its end are absent.
pub(super) fn column(figures: impl IntoIterator<Item = Option<f64>>, length: usize, merge: Merge) -> Column {
    let mut all: Vec<Option<f64>> = figures.into_iter().take(length).collect();
    all.resize(length, None);
    all.chunks(width(length)).map(|chunk| merged(chunk, merge).map(Figure)).collect()
}

fn merged(chunk: &[Option<f64>], merge: Merge) -> Option<f64> {
    let seen = || chunk.iter().flatten().copied().filter(|value| value.is_finite());
    match merge {
        Merge::Highest => seen().reduce(f64::max),
        Merge::Mean => {
            let count = seen().count();
            (count > 0).then(|| seen().sum::<f64>() / count as f64)
        }
        Merge::Last => seen().next_back(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(values: &[Option<f64>], merge: Merge) -> String {
        serde_json::to_string(&column(values.iter().copied(), values.len(), merge)).unwrap()
    }

    #[test]
    fn figures_take_few_characters_and_what_is_no_number_is_absent() {
        let values = [Some(12.0), Some(0.12345), None, Some(f64::NAN), Some(f64::INFINITY), Some(-0.0)];
        assert_eq!(json(&values, Merge::Highest), "[12,0.123,null,null,null,0]");
    }

    #[test]
    fn an_hour_is_shown_second_by_second_and_of_a_longer_time_no_peak_is_lost() {
        assert_eq!((width(0), width(3_600), width(3_601), width(86_400)), (1, 1, 2, 24));
        let mut values = vec![Some(1.0); 7_200];
        values[5_001] = Some(900.0);
        let highest = column(values.iter().copied(), 7_200, Merge::Highest);
        assert_eq!((highest.len(), highest[2_500]), (3_600, Some(Figure(900.0))));
        let mean = column(values.iter().copied(), 7_200, Merge::Mean);
        assert_eq!(mean[2_500], Some(Figure(450.5)));
    }

    #[test]
    fn a_column_that_is_too_short_is_filled_up() {
        assert_eq!(column([Some(1.0)], 3, Merge::Last), [Some(Figure(1.0)), None, None]);
        assert_eq!(column([Some(1.0), Some(2.0)], 1, Merge::Last), [Some(Figure(1.0))]);
    }
}
