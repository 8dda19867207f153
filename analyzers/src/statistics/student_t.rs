//! Student's t distribution.

/// Chance of a value at least as far from zero as `t`, either way.
pub(crate) fn two_sided_t(t: f64, degrees: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5).clamp(0.0, 1.0)
}

/// The value that is exceeded, either way, with this chance.
pub(crate) fn t_of_two_sided(chance: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided_t(high, degrees) > chance && high < 1e9 {
        high *= 2.0;
    }
    // Halving an interval so often leaves nothing of it.
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if two_sided_t(middle, degrees) > chance {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularized incomplete beta function, by its continued fraction (DLMF 8.17.22), evaluated as Lentz does.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below this; above it, the other tail does (DLMF 8.17.4).
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    front * beta_fraction(x, a, b)
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-14 {
            break;
        }
    }
    fraction
}

/// The logarithm of the gamma function above 0, to about 1e-14 (Lanczos' approximation with g = 7 and nine terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum = TERMS
        .iter()
        .zip(1u32..)
        .fold(0.999_999_999_999_809_9, |sum, (term, place)| sum + term / (x + f64::from(place)));
    let t = x + 7.5;
    (x + 0.5) * t.ln() - t + (std::f64::consts::TAU.sqrt() * sum).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From printed tables: the value exceeded either way in 5 % and in 1 %.
    const TABLE: [(f64, f64, f64); 5] = [
        (1.0, 12.706_205, 63.656_741),
        (4.0, 2.776_445, 4.604_095),
        (8.0, 2.306_004, 3.355_387),
        (19.0, 2.093_024, 2.860_935),
        (1e6, 1.959_966, 2.575_834),
    ];

    #[test]
    fn values_and_chances_are_those_of_the_tables() {
        for (degrees, at_5, at_1) in TABLE {
            assert!((t_of_two_sided(0.05, degrees) - at_5).abs() < 1e-5, "{degrees}");
            assert!((t_of_two_sided(0.01, degrees) - at_1).abs() < 1e-4, "{degrees}");
            assert!((two_sided_t(at_5, degrees) - 0.05).abs() < 1e-6, "{degrees}");
        }
    }

    #[test]
    fn the_ends_are_certain() {
        assert_eq!(two_sided_t(0.0, 3.0), 1.0);
        assert_eq!(two_sided_t(f64::INFINITY, 3.0), 0.0);
    }
}
