//! Figures as a reader wants them: three digits that count.

use crate::estimate::Estimate;

/// Units of time, each a thousand of the one before.
const TIME_UNITS: [&str; 4] = ["ns", "µs", "ms", "s"];

/// A time in the unit that fits it, such as `45.1 µs`.
pub(crate) fn time(time_ns: f64) -> String {
    let unit = unit_of(time_ns);
    format!("{} {}", in_unit(time_ns, unit), TIME_UNITS[unit])
}

/// The ends of a time's interval in one unit, such as `0.998–1.02 ms`.
pub(crate) fn time_interval(Estimate { low, high, .. }: &Estimate) -> String {
    let unit = unit_of(*high);
    format!("{}–{} {}", in_unit(*low, unit), in_unit(*high, unit), TIME_UNITS[unit])
}

/// The ends of a ratio's interval, such as `0.0361–0.0370`.
pub(crate) fn interval(Estimate { low, high, .. }: &Estimate) -> String {
    format!("{}–{}", number(*low), number(*high))
}

/// A number with three digits that count, such as `0.0366` or `12.3`.
pub(crate) fn number(value: f64) -> String {
    let decimals = usize::try_from(2 - magnitude(value)).unwrap_or(0);
    format!("{value:.decimals$}")
}

fn in_unit(time_ns: f64, unit: usize) -> String {
    number(time_ns / 1_000_f64.powi(unit as i32))
}

fn unit_of(time_ns: f64) -> usize {
    usize::try_from(magnitude(time_ns).div_euclid(3)).unwrap_or(0).min(TIME_UNITS.len() - 1)
}

/// The power of ten of the first digit, once the number is rounded to three: 999.6 is 1000.
fn magnitude(value: f64) -> i32 {
    let rounded = format!("{value:.2e}");
    rounded.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_in_the_unit_that_fits() {
        for (time_ns, shown) in [
            (0.25, "0.250 ns"),
            (9.996, "10.0 ns"),
            (999.4, "999 ns"),
            (999.6, "1.00 µs"),
            (45_120.0, "45.1 µs"),
            (1_234_567.0, "1.23 ms"),
            (59.9e9, "59.9 s"),
            (1e13, "10000 s"),
        ] {
            assert_eq!(time(time_ns), shown);
        }
    }

    #[test]
    fn both_ends_of_an_interval_have_one_unit() {
        let estimate = Estimate { value: 1e6, low: 998_000.0, high: 1.02e6 };
        assert_eq!(time_interval(&estimate), "0.998–1.02 ms");
    }

    #[test]
    fn ratios_have_three_digits() {
        for (ratio, shown) in
            [(0.036_61, "0.0366"), (0.999_9, "1.00"), (1.239, "1.24"), (12.34, "12.3"), (1_234.0, "1234")]
        {
            assert_eq!(number(ratio), shown);
        }
    }
}
