//! How far a share that was counted may be from the true one.

use aforo_model::Interval;

/// 95 % of a normal distribution lie within this many standard deviations.
const Z: f64 = 1.96;

/// The share of `hits` among `count` with Wilson's score interval (1927), which stays within 0–1 and holds for small counts, too.
/// Of nothing, anything may be.
pub(crate) fn wilson(hits: u64, count: u64) -> Interval {
    if count == 0 {
        return Interval { estimate: 0.0, low: 0.0, high: 1.0 };
    }
    let n = count as f64;
    let p = hits.min(count) as f64 / n;
    let scale = 1.0 + Z * Z / n;
    let middle = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Interval { estimate: p, low: (middle - half).clamp(0.0, p), high: (middle + half).clamp(p, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against values of R's `prop.test(…, correct = FALSE)`.
    #[test]
    fn the_interval_is_wilsons() {
        for (hits, count, low, high) in
            [(30, 300, 0.0709, 0.1392), (0, 20, 0.0, 0.1611), (5, 10, 0.2366, 0.7634)]
        {
            let share = wilson(hits, count);
            assert!(
                (share.low - low).abs() < 1e-3 && (share.high - high).abs() < 1e-3,
                "{hits} of {count}: {share:?}"
            );
        }
        assert_eq!(wilson(0, 0), Interval { estimate: 0.0, low: 0.0, high: 1.0 });
        assert_eq!(wilson(7, 7).high, 1.0);
    }
}
