//! Least squares over many columns with coefficients that are not negative.

/// Products of the columns of a design with each other and with a target: all that least squares needs to know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NormalEquations {
    /// Product of each column with each.
    pub(crate) gram: Vec<Vec<f64>>,
    /// Product of each column with the target.
    pub(crate) moments: Vec<f64>,
}

impl NormalEquations {
    /// Of rows with so many columns, each with its target.
    #[cfg(test)]
    pub(crate) fn of<'a>(columns: usize, rows: impl IntoIterator<Item = (&'a [f64], f64)>) -> Self {
        let mut equations = Self { gram: vec![vec![0.0; columns]; columns], moments: vec![0.0; columns] };
        for (row, target) in rows {
            for (at, value) in row.iter().enumerate().take(columns) {
                equations.moments[at] += value * target;
                for (other, factor) in row.iter().enumerate().take(columns) {
                    equations.gram[at][other] += value * factor;
                }
            }
        }
        equations
    }

    /// The coefficients, none negative, that come nearest to the target (Lawson & Hanson 1974, chapter 23): columns enter
    /// one at a time, the one that promises most first, and leave where they would become negative.
    ///
    /// Every column is scaled to length 1 first, so that no unit decides. A column of zeros gets 0.
    pub(crate) fn solve_nonnegative(&self) -> Vec<f64> {
        let count = self.moments.len();
        let length: Vec<f64> = (0..count).map(|at| self.gram[at][at].max(0.0).sqrt()).collect();
        let scale = |at: usize| if length[at] > 0.0 { 1.0 / length[at] } else { 0.0 };
        let gram = |at: usize, other: usize| self.gram[at][other] * scale(at) * scale(other);
        let moments: Vec<f64> = (0..count).map(|at| self.moments[at] * scale(at)).collect();
        let tolerance = 1e-10 * moments.iter().fold(0.0, |most: f64, moment| most.max(moment.abs()));

        let mut used: Vec<usize> = Vec::new();
        let mut solution = vec![0.0; count];
        // Each round makes the fit better, so no set of columns comes twice; the bound is against rounding.
        for _ in 0..3 * count {
            let promise = |at: usize| {
                moments[at] - (0..count).map(|other| gram(at, other) * solution[other]).sum::<f64>()
            };
            let Some(entering) = (0..count)
                .filter(|at| !used.contains(at) && length[*at] > 0.0 && promise(*at) > tolerance)
                .max_by(|left, right| promise(*left).total_cmp(&promise(*right)))
            else {
                break;
            };
            used.push(entering);
            if !settle(&mut used, &mut solution, &gram, &moments) {
                break;
            }
        }
        (0..count).map(|at| solution[at] * scale(at)).collect()
    }
}

/// Solves over the used columns, and takes those out that would become negative, until none would. False where the columns
/// depend on each other; the solution is then as it was without the last one.
fn settle(
    used: &mut Vec<usize>,
    solution: &mut [f64],
    gram: &impl Fn(usize, usize) -> f64,
    moments: &[f64],
) -> bool {
    while !used.is_empty() {
        let Some(plain) = solve_over(used, gram, moments) else {
            used.pop();
            return false;
        };
        // How far towards the plain solution no coefficient becomes negative.
        let step = std::iter::zip(used.iter(), &plain)
            .filter(|(_, value)| **value <= 0.0)
            .map(|(at, value)| solution[*at] / (solution[*at] - value))
            .fold(1.0, f64::min);
        let is_inside = plain.iter().all(|value| *value > 0.0);
        let step = if step.is_finite() { step } else { 0.0 };
        for (at, value) in std::iter::zip(used.iter(), &plain) {
            solution[*at] += step * (value - solution[*at]);
        }
        if is_inside {
            return true;
        }
        let leaving: Vec<usize> = std::iter::zip(used.iter(), &plain)
            .filter(|(at, value)| **value <= 0.0 && solution[**at] <= 1e-12)
            .map(|(at, _)| *at)
            .collect();
        if leaving.is_empty() {
            return false;
        }
        leaving.iter().for_each(|at| solution[*at] = 0.0);
        used.retain(|at| !leaving.contains(at));
    }
    true
}

/// Solves the normal equations over some columns by Cholesky's decomposition. `None` where they depend on each other.
fn solve_over(used: &[usize], gram: &impl Fn(usize, usize) -> f64, moments: &[f64]) -> Option<Vec<f64>> {
    /// Columns of length 1 of which less than this is left beside the others are one of them.
    const SMALLEST_PIVOT: f64 = 1e-12;
    let size = used.len();
    let mut lower = vec![vec![0.0; size]; size];
    for row in 0..size {
        for column in 0..=row {
            let known: f64 = (0..column).map(|at| lower[row][at] * lower[column][at]).sum();
            let rest = gram(used[row], used[column]) - known;
            lower[row][column] = if row > column {
                rest / lower[column][column]
            } else if rest > SMALLEST_PIVOT {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    let mut forward = vec![0.0; size];
    for row in 0..size {
        let known: f64 = (0..row).map(|at| lower[row][at] * forward[at]).sum();
        forward[row] = (moments[used[row]] - known) / lower[row][row];
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|at| lower[at][row] * solution[at]).sum();
        solution[row] = (forward[row] - known) / lower[row][row];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn solve(rows: &[Vec<f64>], targets: &[f64]) -> Vec<f64> {
        let columns = rows.first().map_or(0, Vec::len);
        let rows = std::iter::zip(rows.iter().map(Vec::as_slice), targets.iter().copied());
        NormalEquations::of(columns, rows).solve_nonnegative()
    }

    fn squares(rows: &[Vec<f64>], targets: &[f64], solution: &[f64]) -> f64 {
        let fitted =
            |row: &Vec<f64>| std::iter::zip(row, solution).map(|(value, factor)| value * factor).sum::<f64>();
        std::iter::zip(rows, targets).map(|(row, target)| (target - fitted(row)).powi(2)).sum()
    }

    /// Slow and simple: one coefficient after the other is set to its best until none changes. The sum of squares is convex,
    /// so this ends at its minimum.
    fn oracle(rows: &[Vec<f64>], targets: &[f64]) -> Vec<f64> {
        let columns = rows[0].len();
        let product = |left: &dyn Fn(usize) -> f64, right: &dyn Fn(usize) -> f64| -> f64 {
            (0..rows.len()).map(|row| left(row) * right(row)).sum()
        };
        let column = |at: usize| move |row: usize| rows[row][at];
        let own: Vec<f64> = (0..columns).map(|at| product(&column(at), &column(at))).collect();
        let mut solution = vec![0.0; columns];
        let mut rest = targets.to_vec();
        for _ in 0..5_000 {
            let mut largest = 0.0f64;
            for at in 0..columns {
                let pull = product(&column(at), &|row| rest[row]) + own[at] * solution[at];
                let best = if own[at] > 0.0 { (pull / own[at]).max(0.0) } else { 0.0 };
                let change = best - solution[at];
                solution[at] = best;
                rest.iter_mut().zip(rows).for_each(|(rest, row)| *rest -= change * row[at]);
                largest = largest.max(change.abs());
            }
            if largest < 1e-12 {
                break;
            }
        }
        solution
    }

    #[test]
    fn exact_problems_are_solved_exactly_and_the_unit_of_a_column_does_not_matter() {
        let rows = vec![vec![1.0, 0.0, 1e6], vec![0.0, 2.0, 1e6], vec![3.0, 1.0, 1e6], vec![1.0, 5.0, 0.0]];
        let truth = [2.0, 0.5, 3e-6];
        let targets: Vec<f64> = rows
            .iter()
            .map(|row| std::iter::zip(row, truth).map(|(value, factor)| value * factor).sum())
            .collect();
        for (value, truth) in std::iter::zip(solve(&rows, &targets), truth) {
            assert!((value / truth - 1.0).abs() < 1e-9, "{value} against {truth}");
        }
    }

    #[test]
    fn nothing_zeros_and_equal_columns_give_something() {
        assert_eq!(solve(&[], &[]), Vec::<f64>::new());
        assert_eq!(solve(&[vec![0.0, 0.0]], &[1.0]), [0.0, 0.0]);
        let equal = [vec![1.0, 1.0], vec![2.0, 2.0]];
        assert!(squares(&equal, &[3.0, 6.0], &solve(&equal, &[3.0, 6.0])) < 1e-12);
        assert!(solve(&[vec![f64::NAN, 1.0]], &[1.0]).len() == 2);
    }

    #[test]
    fn what_would_be_negative_is_zero() {
        assert_eq!(solve(&[vec![1.0, 1.0], vec![1.0, 0.5], vec![0.5, 0.0]], &[1.0, 2.0, 2.0])[1], 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn random_problems_have_the_oracle_s_minimum(
            rows in prop::collection::vec(prop::collection::vec(0.0f64..10.0, 5), 8..20),
            noise in prop::collection::vec(-20.0f64..20.0, 20),
        ) {
            let targets: Vec<f64> = std::iter::zip(&rows, noise).map(|(row, noise)| 2.0 * row[0] + row[3] - row[4] + noise).collect();
            let solution = solve(&rows, &targets);
            prop_assert!(solution.iter().all(|value| *value >= 0.0), "{solution:?}");
            let (found, least) = (squares(&rows, &targets, &solution), squares(&rows, &targets, &oracle(&rows, &targets)));
            prop_assert!(found <= least * (1.0 + 1e-6) + 1e-9, "{found} against {least}");
        }
    }
}
