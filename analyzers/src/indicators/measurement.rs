//! A measured value and the range in which the truth lies, given how much was seen.

use aforo_model::{Comparison, Expression};

/// What was measured. With too little evidence the truth may lie anywhere between `lowest` and `highest`, and an
/// expression is decided only where all of that range agrees.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measurement {
    /// The value, in the unit of the indicator; absent when there was nothing to measure. Always finite.
    pub(crate) value: Option<f64>,
    /// Requests or samples it rests on.
    pub(crate) sample_count: u64,
    lowest: f64,
    highest: f64,
    /// Why the range is wider than the value.
    weakness: String,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Holds,
    Fails,
    /// The evidence does not carry an answer, and why.
    Unknown(String),
}

impl Measurement {
    /// A value that rests on enough.
    pub(crate) fn exact(value: f64, sample_count: u64) -> Self {
        if !value.is_finite() {
            return Self::nothing("the readings are not numbers");
        }
        Self { value: Some(value), sample_count, lowest: value, highest: value, weakness: String::new() }
    }

    /// Nothing was there to measure.
    pub(crate) fn nothing(why: impl Into<String>) -> Self {
        Self {
            value: None,
            sample_count: 0,
            lowest: f64::NEG_INFINITY,
            highest: f64::INFINITY,
            weakness: why.into(),
        }
    }

    /// The value is shown, and decides nothing.
    pub(crate) fn weakened(self, why: impl Into<String>) -> Self {
        Self { lowest: f64::NEG_INFINITY, highest: f64::INFINITY, weakness: why.into(), ..self }
    }

    /// More evidence could only have raised the value above `lowest`.
    pub(crate) fn at_least(self, lowest: f64, why: impl Into<String>) -> Self {
        Self { lowest, highest: f64::INFINITY, weakness: why.into(), ..self }
    }

    /// The truth is the value or below it.
    pub(crate) fn at_most_itself(self, why: impl Into<String>) -> Self {
        Self { lowest: f64::NEG_INFINITY, weakness: why.into(), ..self }
    }

    /// Whether `expression` holds for every value the truth may have, for none, or for some.
    pub(crate) fn outcome(&self, expression: &Expression) -> Outcome {
        let (best, worst) = match expression.comparison {
            Comparison::Less | Comparison::LessOrEqual => (self.lowest, self.highest),
            Comparison::Greater | Comparison::GreaterOrEqual => (self.highest, self.lowest),
        };
        if expression.holds(worst) {
            Outcome::Holds
        } else if expression.holds(best) {
            Outcome::Unknown(self.weakness.clone())
        } else {
            Outcome::Fails
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(measurement: &Measurement, expression: &str) -> Outcome {
        measurement.outcome(&expression.parse().unwrap())
    }

    #[test]
    fn an_exact_value_decides_both_ways() {
        let measurement = Measurement::exact(2.0, 100);
        assert_eq!(outcome(&measurement, "cache_fragmentation < 3"), Outcome::Holds);
        assert_eq!(outcome(&measurement, "cache_fragmentation < 2"), Outcome::Fails);
        assert_eq!(outcome(&measurement, "cache_fragmentation <= 2"), Outcome::Holds);
        assert_eq!(outcome(&measurement, "cache_fragmentation > 3"), Outcome::Fails);
    }

    #[test]
    fn a_floor_decides_only_what_lies_below_it() {
        let measurement = Measurement::exact(2.0, 3).at_least(2.0, "few");
        assert_eq!(outcome(&measurement, "cache_fragmentation < 1.5"), Outcome::Fails);
        assert_eq!(outcome(&measurement, "cache_fragmentation > 1.5"), Outcome::Holds);
        assert_eq!(outcome(&measurement, "cache_fragmentation < 3"), Outcome::Unknown("few".to_owned()));
    }

    #[test]
    fn a_ceiling_decides_only_what_lies_above_it() {
        let measurement = Measurement::exact(2.0, 3).at_most_itself("small");
        assert_eq!(outcome(&measurement, "cache_fragmentation < 3"), Outcome::Holds);
        assert_eq!(outcome(&measurement, "cache_fragmentation < 1.5"), Outcome::Unknown("small".to_owned()));
    }

    #[test]
    fn nothing_and_nonsense_decide_nothing() {
        for measurement in [Measurement::nothing("none"), Measurement::exact(f64::NAN, 9)] {
            assert_eq!(measurement.value, None);
            assert!(matches!(outcome(&measurement, "cache_fragmentation < 1e300"), Outcome::Unknown(_)));
            assert!(matches!(outcome(&measurement, "cache_fragmentation >= 0"), Outcome::Unknown(_)));
        }
    }
}
