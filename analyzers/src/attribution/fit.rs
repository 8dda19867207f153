//! The calls of one statement explained by the requests of steps.

use super::lagged::{LaggedMoments, LaggedProducts, fitted};
use super::slices::Design;
use crate::statistics::mean;

/// The best explanation over some of the columns.
pub(super) struct Fit {
    /// Which columns may explain: the steps, then the background.
    pub(super) is_used: Vec<bool>,
    /// Share of a request's statements that run in the slice before the one in which it ends.
    pub(super) lag: f64,
    /// Calls for each request of each step, then for each second.
    pub(super) estimates: Vec<f64>,
    /// Share of the variation that is explained; 0 where calls do not vary.
    pub(super) r_squared: f64,
}

impl Fit {
    /// The fit with the best lag.
    pub(super) fn of(design: &Design, products: &LaggedProducts, calls: &[f64], is_used: Vec<bool>) -> Self {
        /// A request that lasts as long as a slice runs half of its statements before the slice in which it ends.
        const LARGEST_LAG_PERCENT: u32 = 50;
        let moments = LaggedMoments::of(is_used.len(), std::iter::zip(&design.rows, calls.iter().copied()));
        let fits = (0..=LARGEST_LAG_PERCENT).step_by(2).map(|percent| {
            let lag = f64::from(percent) / 100.0;
            let estimates = products.solve(lag, &moments, &is_used);
            let unexplained: f64 = std::iter::zip(&design.rows, calls)
                .map(|(row, calls)| (calls - fitted(row, lag, &estimates)).powi(2))
                .sum();
            (unexplained, lag, estimates)
        });
        let best = fits.min_by(|left, right| left.0.total_cmp(&right.0));
        let (unexplained, lag, estimates) = best.unwrap_or((0.0, 0.0, vec![0.0; is_used.len()]));
        let middle = mean(calls.iter().copied()).unwrap_or(0.0);
        let total: f64 = calls.iter().map(|calls| (calls - middle).powi(2)).sum();
        let r_squared = if total > 0.0 { 1.0 - unexplained / total } else { 0.0 };
        Self { is_used, lag, estimates, r_squared }
    }
}
