//! Normal equations of a design that is a mixture of each slice and the next.

use crate::statistics::NormalEquations;

/// Products of the requests of each slice and of the next one, from which those of any mixture follow.
///
/// A request is counted in the slice in which it ends, and part of its statements ran in the slice before. So the calls of a
/// slice belong to `1 − lag` of its own requests and `lag` of the next one's.
pub(super) struct LaggedProducts {
    now: Vec<Vec<f64>>,
    /// Of each slice with the next, and of the next with each.
    mixed: Vec<Vec<f64>>,
    next: Vec<Vec<f64>>,
}

/// Products of the requests with calls.
pub(super) struct LaggedMoments {
    now: Vec<f64>,
    next: Vec<f64>,
}

/// Requests of a slice and of the next one; the seconds of the slice come last in both.
pub(super) type LaggedRow = (Vec<f64>, Vec<f64>);

impl LaggedProducts {
    pub(super) fn of<'a>(columns: usize, rows: impl Iterator<Item = &'a LaggedRow>) -> Self {
        let zeros = || vec![vec![0.0; columns]; columns];
        let mut products = Self { now: zeros(), mixed: zeros(), next: zeros() };
        for (now, next) in rows {
            for at in 0..columns {
                for other in 0..columns {
                    products.now[at][other] += now[at] * now[other];
                    products.mixed[at][other] += now[at] * next[other] + next[at] * now[other];
                    products.next[at][other] += next[at] * next[other];
                }
            }
        }
        products
    }

    /// The best coefficients, none negative, over some of the columns of the mixture with this lag; the others get 0.
    pub(super) fn solve(&self, lag: f64, moments: &LaggedMoments, is_used: &[bool]) -> Vec<f64> {
        self.at(lag, moments, is_used).solve_nonnegative()
    }

    /// The equations of the mixture with this lag; columns that are not used are zero.
    fn at(&self, lag: f64, moments: &LaggedMoments, is_used: &[bool]) -> NormalEquations {
        let mix = |at: usize, other: usize| {
            if !is_used[at] || !is_used[other] {
                return 0.0;
            }
            (1.0 - lag).powi(2) * self.now[at][other]
                + lag * (1.0 - lag) * self.mixed[at][other]
                + lag * lag * self.next[at][other]
        };
        let columns = self.now.len();
        let moment = |at: usize| {
            if is_used[at] { (1.0 - lag) * moments.now[at] + lag * moments.next[at] } else { 0.0 }
        };
        NormalEquations {
            gram: (0..columns).map(|at| (0..columns).map(|other| mix(at, other)).collect()).collect(),
            moments: (0..columns).map(moment).collect(),
        }
    }

    /// Products of the requests as they were counted.
    pub(super) fn unlagged(&self) -> &[Vec<f64>] {
        &self.now
    }
}

impl LaggedMoments {
    pub(super) fn of<'a>(columns: usize, rows: impl Iterator<Item = (&'a LaggedRow, f64)>) -> Self {
        let mut moments = Self { now: vec![0.0; columns], next: vec![0.0; columns] };
        for ((now, next), calls) in rows {
            for at in 0..columns {
                moments.now[at] += now[at] * calls;
                moments.next[at] += next[at] * calls;
            }
        }
        moments
    }
}

/// What coefficients make of a slice.
pub(super) fn fitted(row: &LaggedRow, lag: f64, coefficients: &[f64]) -> f64 {
    let mixed = std::iter::zip(&row.0, &row.1).map(|(now, next)| (1.0 - lag) * now + lag * next);
    std::iter::zip(mixed, coefficients).map(|(value, coefficient)| value * coefficient).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_has_the_products_of_its_mixed_rows() {
        let rows: Vec<LaggedRow> =
            vec![(vec![3.0, 5.0, 1.0], vec![7.0, 2.0, 1.0]), (vec![4.0, 0.0, 1.5], vec![6.0, 8.0, 1.5])];
        let calls = [11.0, 13.0];
        let products = LaggedProducts::of(3, rows.iter());
        let moments = LaggedMoments::of(3, std::iter::zip(&rows, calls));
        for lag in [0.0, 0.3, 1.0] {
            let mixed: Vec<Vec<f64>> = rows
                .iter()
                .map(|(now, next)| {
                    std::iter::zip(now, next).map(|(now, next)| (1.0 - lag) * now + lag * next).collect()
                })
                .collect();
            let plain = NormalEquations::of(3, std::iter::zip(mixed.iter().map(Vec::as_slice), calls));
            let found = products.at(lag, &moments, &[true; 3]);
            let close =
                |left: f64, right: f64| assert!((left - right).abs() < 1e-9, "{left} against {right}");
            std::iter::zip(found.gram.iter().flatten(), plain.gram.iter().flatten())
                .for_each(|(a, b)| close(*a, *b));
            std::iter::zip(&found.moments, &plain.moments).for_each(|(a, b)| close(*a, *b));
        }
    }
}
