//! Least squares with coefficients that are not negative.

/// The coefficients, none negative, with which `columns` come nearest to 1 in every row: the least-squares solution of
/// `coefficients · row = 1`. Dividing rows and target by the target beforehand weighs relative errors.
///
/// The best solution is the plain least-squares solution over the columns it uses, so with three columns every choice
/// of columns is tried, and the best of those that are not negative is it (Lawson & Hanson 1974).
pub(crate) fn nonnegative_least_squares(rows: &[[f64; 3]]) -> [f64; 3] {
    let mut best = [0.0; 3];
    let mut least = sum_of_squares(rows, best);
    for choice in 1u8..8 {
        let used: Vec<usize> = (0..3).filter(|column| choice & (1 << column) != 0).collect();
        let Some(solution) = least_squares(rows, &used) else { continue };
        let squares = sum_of_squares(rows, solution);
        if solution.iter().all(|value| *value >= 0.0) && squares < least {
            (best, least) = (solution, squares);
        }
    }
    best
}

/// Σ (1 − coefficients · row)².
pub(crate) fn sum_of_squares(rows: &[[f64; 3]], coefficients: [f64; 3]) -> f64 {
    rows.iter()
        .map(|row| {
            let fitted: f64 = std::iter::zip(row, coefficients).map(|(value, factor)| value * factor).sum();
            (1.0 - fitted).powi(2)
        })
        .sum()
}

/// Solves the normal equations over the columns in `used` by elimination; the others get 0. `None` where the columns
/// depend on each other.
fn least_squares(rows: &[[f64; 3]], used: &[usize]) -> Option<[f64; 3]> {
    let size = used.len();
    let product = |left: &dyn Fn(&[f64; 3]) -> f64, right: &dyn Fn(&[f64; 3]) -> f64| -> f64 {
        rows.iter().map(|row| left(row) * right(row)).sum()
    };
    // One line a column: its products with every column, and with the target.
    let mut lines: Vec<Vec<f64>> = used
        .iter()
        .map(|&at| {
            let mut line: Vec<f64> =
                used.iter().map(|&other| product(&|row| row[at], &|row| row[other])).collect();
            line.push(product(&|row| row[at], &|_| 1.0));
            line
        })
        .collect();
    for at in 0..size {
        let pivot = (at..size).max_by(|&a, &b| lines[a][at].abs().total_cmp(&lines[b][at].abs()))?;
        lines.swap(at, pivot);
        let head = lines[at][at];
        if !head.is_finite() || head.abs() < 1e-12 {
            return None;
        }
        for other in (0..size).filter(|&other| other != at) {
            let factor = lines[other][at] / head;
            let line = lines[at].clone();
            std::iter::zip(&mut lines[other], line).for_each(|(value, above)| *value -= factor * above);
        }
    }
    let mut solution = [0.0; 3];
    for (at, &column) in used.iter().enumerate() {
        solution[column] = lines[at][size] / lines[at][at];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_exact_solution_is_found() {
        // 2a + b = 1, a + 2b = 1, c = 1 at a = b = 1/3.
        let solution = nonnegative_least_squares(&[[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]);
        for (value, truth) in std::iter::zip(solution, [1.0 / 3.0, 1.0 / 3.0, 1.0]) {
            assert!((value - truth).abs() < 1e-12, "{solution:?}");
        }
    }

    #[test]
    fn what_would_be_negative_is_zero() {
        // Plain least squares gives a = 2, b = −1.
        let solution =
            nonnegative_least_squares(&[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.5, 0.0, 0.0]]);
        assert_eq!((solution[1], solution[2]), (0.0, 0.0));
        assert!(solution[0] > 0.0);
    }

    #[test]
    fn nothing_and_dependent_columns_give_something() {
        assert_eq!(nonnegative_least_squares(&[]), [0.0; 3]);
        let solution = nonnegative_least_squares(&[[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]]);
        assert!(sum_of_squares(&[[1.0, 2.0, 4.0]], solution) < 1e-12, "{solution:?}");
    }

    proptest! {
        #[test]
        fn no_neighbour_that_is_not_negative_is_better(
            rows in prop::collection::vec(prop::array::uniform3(0.01f64..1.0), 3..12),
            steps in prop::collection::vec(prop::array::uniform3(-0.1f64..0.1), 20),
        ) {
            let solution = nonnegative_least_squares(&rows);
            let least = sum_of_squares(&rows, solution);
            for step in steps {
                let mut neighbour = solution;
                std::iter::zip(&mut neighbour, step).for_each(|(value, by)| *value = (*value + by).max(0.0));
                prop_assert!(sum_of_squares(&rows, neighbour) >= least - 1e-9);
            }
        }
    }
}
