//! A line through few points of which some are wild.

use aforo_model::Interval;

use crate::statistics::{mean, median, sen_interval, theil_sen_slope};

/// A line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) slope: Interval,
    pub(super) intercept: f64,
    /// Share of the variation that the line explains, 0–1; 0 where nothing varies.
    pub(super) r_squared: f64,
}

/// The Theil–Sen line, with Sen's interval. `None` without two points of different `x`.
pub(super) fn line(points: &[(f64, f64)]) -> Option<Line> {
    let slope = theil_sen_slope(points).filter(|slope| slope.is_finite())?;
    let intercept = median(points.iter().map(|(x, y)| y - slope * x))?;
    let middle = mean(points.iter().map(|(_, y)| *y))?;
    let total: f64 = points.iter().map(|(_, y)| (y - middle).powi(2)).sum();
    let unexplained: f64 = points.iter().map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
    let r_squared = if total > 0.0 { (1.0 - unexplained / total).clamp(0.0, 1.0) } else { 0.0 };
    // Variance of Kendall's statistic without ties; ties would make it smaller, so the interval is no narrower than 95 %.
    let n = points.len() as f64;
    let (low, high) = sen_interval(points, n * (n - 1.0) * (2.0 * n + 5.0) / 18.0)?;
    let slope = Interval { estimate: slope, low: low.min(slope), high: high.max(slope) };
    Some(Line { slope, intercept, r_squared })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_through_a_wild_point() {
        let mut points: Vec<(f64, f64)> = [1.0, 3.0, 5.0, 10.0, 20.0, 40.0].map(|x| (x, 2.0 + x)).to_vec();
        let exact = line(&points).unwrap();
        assert_eq!((exact.slope.estimate, exact.intercept, exact.r_squared), (1.0, 2.0, 1.0));
        points[2].1 = 30.0;
        let wild = line(&points).unwrap();
        assert!((wild.slope.estimate - 1.0).abs() < 1e-9 && wild.r_squared < 0.9, "{wild:?}");
        assert!(wild.slope.low < 1.0 && wild.slope.high >= 1.0, "{wild:?}");
    }

    #[test]
    fn what_does_not_vary_is_not_explained() {
        let flat = line(&[(1.0, 3.0), (5.0, 3.0), (9.0, 3.0)]).unwrap();
        assert_eq!((flat.slope.estimate, flat.intercept, flat.r_squared), (0.0, 3.0, 0.0));
    }

    #[test]
    fn a_point_has_no_slope() {
        assert_eq!(line(&[]), None);
        assert_eq!(line(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(line(&[(f64::NAN, 1.0), (1.0, 2.0)]), None);
    }
}
