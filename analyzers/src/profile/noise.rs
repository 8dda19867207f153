//! From when on a share of the samples says something.

/// Fewest samples of which a hot path is named: with 300, a share of 30 % is known to within ±5 points.
pub(super) const FEWEST_SAMPLES: u64 = 300;

/// How many standard errors a share must be away from nothing to be named.
const STANDARD_ERRORS: f64 = 5.0;

/// The least share that is that many standard errors away from nothing, 0–1: `p ≥ 5·√(p(1−p)/n)`, solved for `p`.
pub(super) fn noise_floor(kept: u64) -> f64 {
    let squared = STANDARD_ERRORS * STANDARD_ERRORS;
    squared / (kept as f64 + squared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_five_standard_errors_high() {
        for kept in [300, 1000, 30_000] {
            let floor = noise_floor(kept);
            let standard_error = (floor * (1.0 - floor) / kept as f64).sqrt();
            assert!((floor - 5.0 * standard_error).abs() < 1e-9, "{kept}: {floor}");
        }
        assert_eq!(noise_floor(0), 1.0);
    }
}
