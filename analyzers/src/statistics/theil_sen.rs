//! The slope of a trend that outliers do not move.

use super::median;

/// Theil–Sen slope: the median of the slopes between all pairs of points `(x, y)`. Up to 29 % of the points may
/// be wild without moving it (Sen 1968). `None` without two points of different `x`.
///
/// Time and memory grow with the square of the number of points; hand over a few hundred at most.
pub(crate) fn theil_sen_slope(points: &[(f64, f64)]) -> Option<f64> {
    let slopes = points.iter().enumerate().flat_map(|(index, &(x, y))| {
        points[index + 1..]
            .iter()
            .filter(move |(later_x, _)| *later_x != x)
            .map(move |(later_x, later_y)| (later_y - y) / (later_x - x))
    });
    median(slopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_has_its_own_slope_and_a_quarter_of_wild_points_do_not_change_it() {
        let mut points: Vec<(f64, f64)> = (0..40).map(|x| (f64::from(x), 5.0 + 2.0 * f64::from(x))).collect();
        assert_eq!(theil_sen_slope(&points), Some(2.0));
        for index in (0..40).step_by(4) {
            points[index].1 += 1e6;
        }
        let slope = theil_sen_slope(&points).unwrap();
        assert!((slope - 2.0).abs() < 1e-9, "{slope}");
    }

    /// The slopes of the six pairs are 1, 2, 1, 3, 1 and −1.
    #[test]
    fn an_example_done_by_hand_agrees() {
        assert_eq!(theil_sen_slope(&[(0.0, 0.0), (1.0, 1.0), (2.0, 4.0), (3.0, 3.0)]), Some(1.0));
    }

    #[test]
    fn points_at_one_time_have_no_slope() {
        assert_eq!(theil_sen_slope(&[]), None);
        assert_eq!(theil_sen_slope(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }

    proptest! {
        #[test]
        fn adding_a_line_adds_its_slope(
            noise in prop::collection::vec(-10.0f64..10.0, 3..40),
            added in -5.0f64..5.0,
        ) {
            let points = |slope: f64| -> Vec<(f64, f64)> {
                noise.iter().enumerate().map(|(x, y)| (x as f64, y + slope * x as f64)).collect()
            };
            let difference = theil_sen_slope(&points(added)).unwrap() - theil_sen_slope(&points(0.0)).unwrap();
            prop_assert!((difference - added).abs() < 1e-9, "{difference} against {added}");
        }
    }
}
