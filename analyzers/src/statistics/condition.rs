//! How well the columns of a design can be told apart.

/// Condition number of a design whose columns are scaled to length 1: the square root of the ratio of the largest to the
/// smallest eigenvalue of their products. 1 where all columns are independent, infinite where one is made of the others.
/// `gram` holds the products of the columns.
pub(crate) fn condition_number(gram: &[Vec<f64>]) -> f64 {
    let length: Vec<f64> = gram.iter().enumerate().map(|(at, row)| row[at].sqrt()).collect();
    if !length.iter().all(|length| *length > 0.0 && length.is_finite()) {
        return f64::INFINITY;
    }
    let scaled: Vec<Vec<f64>> = gram
        .iter()
        .enumerate()
        .map(|(at, row)| {
            std::iter::zip(row, &length).map(|(value, other)| value / (length[at] * other)).collect()
        })
        .collect();
    let values = eigenvalues(scaled);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    // Below this, what is left of the smallest one is rounding.
    if smallest > 1e-13 * largest { (largest / smallest).sqrt() } else { f64::INFINITY }
}

/// Eigenvalues of a symmetric matrix, by Jacobi's rotations: each sets one pair of values off the diagonal to zero, and all
/// of them together vanish quadratically.
fn eigenvalues(mut matrix: Vec<Vec<f64>>) -> Vec<f64> {
    /// Ten sweeps are plenty for matrices of a hundred columns.
    const SWEEPS: usize = 30;
    let size = matrix.len();
    for _ in 0..SWEEPS {
        let off_diagonal: f64 = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| matrix[row][column].powi(2))
            .sum();
        if off_diagonal < 1e-24 {
            break;
        }
        for row in 0..size {
            for column in 0..row {
                rotate(&mut matrix, column, row);
            }
        }
    }
    (0..size).map(|at| matrix[at][at]).collect()
}

/// The rotation in the plane of `p` and `q`, which is larger, that makes their common value zero.
fn rotate(matrix: &mut [Vec<f64>], p: usize, q: usize) {
    if matrix[p][q] == 0.0 {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for row in matrix.iter_mut() {
        let (left, right) = (row[p], row[q]);
        row[p] = cosine * left - sine * right;
        row[q] = sine * left + cosine * right;
    }
    // p < q, so that each is in its own half.
    let (upper, lower) = matrix.split_at_mut(q);
    for (above, below) in std::iter::zip(&mut upper[p], &mut lower[0]) {
        (*above, *below) = (cosine * *above - sine * *below, sine * *above + cosine * *below);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn independent_columns_of_any_length_have_condition_1() {
        assert!((condition_number(&[vec![4.0, 0.0], vec![0.0, 9e6]]) - 1.0).abs() < 1e-12);
    }

    /// Two columns of length 1 at an angle: eigenvalues 1 ± cos.
    #[test]
    fn two_columns_at_an_angle_have_their_textbook_condition() {
        for cosine in [0.1, 0.5, 0.99, -0.5] {
            let found = condition_number(&[vec![1.0, cosine], vec![cosine, 1.0]]);
            let truth = ((1.0 + f64::abs(cosine)) / (1.0 - f64::abs(cosine))).sqrt();
            assert!((found / truth - 1.0).abs() < 1e-9, "{found} against {truth}");
        }
    }

    #[test]
    fn columns_that_are_equal_or_empty_have_none() {
        assert_eq!(condition_number(&[vec![1.0, 1.0], vec![1.0, 1.0]]), f64::INFINITY);
        assert_eq!(condition_number(&[vec![0.0]]), f64::INFINITY);
        assert_eq!(condition_number(&[vec![f64::NAN]]), f64::INFINITY);
    }

    proptest! {
        /// The sum of the eigenvalues is that of the diagonal, the sum of their squares that of all squares.
        #[test]
        fn eigenvalues_keep_the_trace_and_the_squares(values in prop::collection::vec(-5.0f64..5.0, 36)) {
            let matrix: Vec<Vec<f64>> = (0..6)
                .map(|row| (0..6).map(|column| values[6 * row.min(column) + row.max(column)]).collect())
                .collect();
            let trace: f64 = (0..6).map(|at| matrix[at][at]).sum();
            let squares: f64 = matrix.iter().flatten().map(|value| value * value).sum();
            let found = eigenvalues(matrix);
            prop_assert!((found.iter().sum::<f64>() - trace).abs() < 1e-8);
            prop_assert!((found.iter().map(|value| value * value).sum::<f64>() - squares).abs() < 1e-6);
        }
    }
}
