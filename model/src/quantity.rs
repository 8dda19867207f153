//! Numbers with their unit, as people write them: `3s`, `250ms`, `1%`, `200/s`, `1.5`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The unit of a [`Quantity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Microseconds; written `3s`, `250ms`, `80us`, `1m`, `1h`.
    Microseconds,
    /// A share, 1 is the whole; written `1%`.
    Ratio,
    /// Per second; written `200/s`.
    PerSecond,
    /// A plain number; written `1.5`.
    Number,
}

/// A number and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantity {
    /// The number, in `unit`.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
}

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not a quantity; write a time (`250ms`, `3s`, `1m`), a share (`1%`), a rate (`200/s`) or a number"
)]
pub struct QuantityError {
    /// The text as it was written.
    pub text: String,
}

/// Microseconds in one unit of time, longest suffix first so that `ms` is not read as `s`.
const TIME_UNITS: [(&str, f64); 5] = [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6)];

impl Quantity {
    /// A quantity of `value` in `unit`.
    pub fn new(value: f64, unit: Unit) -> Self {
        Self { value, unit }
    }
}

impl std::str::FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let error = || QuantityError { text: text.to_owned() };
        let number = |digits: &str| {
            let value: f64 = digits.trim().parse().map_err(|_| error())?;
            if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(error()) }
        };
        if let Some(digits) = text.strip_suffix('%') {
            return Ok(Self::new(number(digits)? / 100.0, Unit::Ratio));
        }
        if let Some(digits) = text.strip_suffix("/s") {
            return Ok(Self::new(number(digits)?, Unit::PerSecond));
        }
        for (suffix, factor_us) in TIME_UNITS {
            let Some(digits) = text.strip_suffix(suffix) else { continue };
            // `5ms` ends in `s` too: only a digit (or a space) may stand before the unit.
            if digits.trim_end().ends_with(|last: char| last.is_ascii_digit() || last == '.') {
                return Ok(Self::new(number(digits)? * factor_us, Unit::Microseconds));
            }
        }
        Ok(Self::new(number(text)?, Unit::Number))
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.unit {
            Unit::Microseconds => formatter.write_str(&format_duration(self.value)),
            Unit::Ratio => write!(formatter, "{}%", short(self.value * 100.0)),
            Unit::PerSecond => write!(formatter, "{}/s", short(self.value)),
            Unit::Number => formatter.write_str(&short(self.value)),
        }
    }
}

/// A time in microseconds as a person reads it: `84 µs`, `2.31 ms`, `1.25 s`, `2m 05s`.
pub fn format_duration(time_us: f64) -> String {
    // From half a digit below the next unit on, three digits would show `1000` of this one.
    if time_us < 999.5 {
        format!("{} µs", short(time_us))
    } else if time_us < 999.5e3 {
        format!("{} ms", short(time_us / 1e3))
    } else if time_us < 120e6 {
        format!("{} s", short(time_us / 1e6))
    } else {
        let seconds = (time_us / 1e6).round() as u64;
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes}m {seconds:02}s"),
            (hours, minutes) => format!("{hours}h {minutes:02}m {seconds:02}s"),
        }
    }
}

/// Reads a time such as `90s` or `5m` as a span of time.
///
/// # Errors
/// [`QuantityError`] when the text is not a time.
pub fn parse_duration(text: &str) -> Result<std::time::Duration, QuantityError> {
    match text.parse::<Quantity>()? {
        Quantity { value, unit: Unit::Microseconds } => Ok(std::time::Duration::from_micros(value as u64)),
        _ => Err(QuantityError { text: text.to_owned() }),
    }
}

/// Smallest magnitude that is shown in three digits; a smaller one shows as fewer, or as zero.
const SMALLEST_SHOWN: f64 = 1e-6;

/// Three significant digits, without trailing zeros: `2.31`, `84`, `1250`, `0.000125`.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        magnitude if magnitude >= 100.0 => 0,
        magnitude if magnitude >= 10.0 => 1,
        magnitude if magnitude >= 1.0 => 2,
        magnitude if magnitude > 0.0 => {
            // The logarithm is below zero here, and at least that of the smallest shown.
            2 + (-magnitude.max(SMALLEST_SHOWN).log10().floor()) as usize
        }
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> (f64, Unit) {
        let quantity: Quantity = text.parse().unwrap();
        (quantity.value, quantity.unit)
    }

    #[test]
    fn people_s_notation_is_read() {
        assert_eq!(parsed("3s"), (3e6, Unit::Microseconds));
        assert_eq!(parsed("250ms"), (250e3, Unit::Microseconds));
        assert_eq!(parsed("80us"), (80.0, Unit::Microseconds));
        assert_eq!(parsed("1.5 m"), (90e6, Unit::Microseconds));
        assert_eq!(parsed("1h"), (3600e6, Unit::Microseconds));
        assert_eq!(parsed("1%"), (0.01, Unit::Ratio));
        assert_eq!(parsed("200/s"), (200.0, Unit::PerSecond));
        assert_eq!(parsed("1.5"), (1.5, Unit::Number));
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_the_notations_that_are() {
        for text in ["", "fast", "3 parsecs", "-1s", "%", "NaN", "inf", "s", "1e999s"] {
            let error = text.parse::<Quantity>().unwrap_err();
            assert!(error.to_string().contains("250ms"), "{text}: {error}");
        }
    }

    #[test]
    fn times_read_well() {
        assert_eq!(format_duration(84.0), "84 µs");
        assert_eq!(format_duration(2_310.0), "2.31 ms");
        assert_eq!(format_duration(1_250_000.0), "1.25 s");
        assert_eq!(format_duration(125e6), "2m 05s");
        assert_eq!(format_duration(3_725e6), "1h 02m 05s");
        assert_eq!([999.6, 999_600.0, 999.4].map(format_duration), ["1 ms", "1 s", "999 µs"]);
    }

    #[test]
    fn a_small_number_keeps_its_digits_and_is_not_shown_as_zero() {
        let shown = |value| Quantity::new(value, Unit::Number).to_string();
        assert_eq!(
            [0.0, 0.5, 0.0421, 0.0004, 0.000_012_34, 1e-12, -0.0421].map(shown),
            ["0", "0.5", "0.0421", "0.0004", "0.0000123", "0", "-0.0421"]
        );
        assert_eq!(Quantity::new(1e-6, Unit::Ratio).to_string(), "0.0001%");
    }

    #[test]
    fn a_share_is_not_a_span_of_time() {
        assert!(parse_duration("1%").is_err());
        assert_eq!(parse_duration("90s").unwrap().as_secs(), 90);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,20}") {
            let _ = text.parse::<Quantity>();
        }
    }
}
