//! How far coefficients could lie from their estimates.

use aforo_model::Interval;

use super::fit::Fit;
use super::lagged::{LaggedMoments, LaggedProducts, LaggedRow};
use crate::statistics::Random;

/// Resamples; the ends of an interval of 95 % are then the fifth from either side.
const COUNT: usize = 200;
/// Any constant: the same evidence gives the same intervals.
const SEED: u64 = 0x0A70_5EED;

/// Slices drawn with replacement, the same for every statement (Efron & Tibshirani 1993, chapter 9: pairs). Each slice
/// stays with its calls, so that errors may differ from slice to slice.
pub(super) struct Resamples {
    draws: Vec<(Vec<usize>, LaggedProducts)>,
}

impl Resamples {
    pub(super) fn of(columns: usize, rows: &[LaggedRow]) -> Self {
        let mut random = Random::new(SEED);
        let mut draw = || (0..rows.len()).map(|_| random.below(rows.len())).collect();
        let draws = (0..COUNT)
            .map(|_| {
                let draw: Vec<usize> = draw();
                let products = LaggedProducts::of(columns, draw.iter().map(|at| &rows[*at]));
                (draw, products)
            })
            .collect();
        Self { draws }
    }

    /// An interval of 95 % around each estimate: percentiles of the resamples, made wider by as much as a fit through so
    /// few slices lies too close to them. The larger side is taken for both: what one coefficient may not fall below zero,
    /// the others miss, so that estimates lie off to one side, and those of the resamples again as much.
    pub(super) fn intervals(&self, rows: &[LaggedRow], calls: &[f64], fit: &Fit) -> Vec<Interval> {
        let columns = fit.estimates.len();
        let solutions: Vec<Vec<f64>> = self
            .draws
            .iter()
            .map(|(draw, products)| {
                let moments = LaggedMoments::of(columns, draw.iter().map(|at| (&rows[*at], calls[*at])));
                products.solve(fit.lag, &moments, &fit.is_used)
            })
            .collect();
        let freedom = rows.len().saturating_sub(columns).max(1) as f64;
        let widening = (rows.len() as f64 / freedom).sqrt();
        let interval = |column: usize| {
            let mut values: Vec<f64> = solutions.iter().map(|solution| solution[column]).collect();
            values.sort_by(f64::total_cmp);
            let (estimate, tail) = (fit.estimates[column], COUNT / 40);
            let reach =
                widening * (estimate - values[tail - 1]).max(values[COUNT - tail] - estimate).max(0.0);
            Interval { estimate, low: (estimate - reach).max(0.0), high: estimate + reach }
        };
        (0..columns).map(interval).collect()
    }
}
