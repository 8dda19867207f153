//! Conditions on an indicator, as people write them: `p95 < 3s`, `error_rate <= 1%`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Quantity, QuantityError, Unit};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Indicator {
    /// A quantile of response time, 0–1; written `p50`, `p90`, `p95`, `p99`, `p99.9`, or `p100` for the longest.
    /// The record keeps these and no others, so no other is read.
    Quantile(f64),
    /// Mean response time.
    Mean,
    /// Longest response time.
    Max,
    /// Failed requests per request.
    ErrorRate,
    /// Requests that failed on the target's side (status 500 and above, connection, timeout) per request.
    ServerErrorRate,
    /// Requests per second that met their expectation.
    Throughput,
    /// Growth of the target's resident memory after warm-up, relative to its level then.
    MemoryGrowth,
    /// Change of P95 from the first to the last part of the run after warm-up, relative to the first.
    P95Drift,
    /// Redis key hits per look-up during the run.
    CacheHitRatio,
    /// Redis resident memory per byte in use, at the end of the run.
    CacheFragmentation,
    /// Highest number of Postgres connections, relative to `max_connections`.
    ConnectionUse,
}

/// Every indicator with its word. The quantiles are those of [`TimeSummary`](crate::TimeSummary).
const WORDS: [(&str, Indicator); 16] = [
    ("p50", Indicator::Quantile(0.5)),
    ("p90", Indicator::Quantile(0.9)),
    ("p95", Indicator::Quantile(0.95)),
    ("p99", Indicator::Quantile(0.99)),
    ("p99.9", Indicator::Quantile(0.999)),
    ("p100", Indicator::Quantile(1.0)),
    ("mean", Indicator::Mean),
    ("max", Indicator::Max),
    ("error_rate", Indicator::ErrorRate),
    ("server_error_rate", Indicator::ServerErrorRate),
    ("throughput", Indicator::Throughput),
    ("memory_growth", Indicator::MemoryGrowth),
    ("p95_drift", Indicator::P95Drift),
    ("cache_hit_ratio", Indicator::CacheHitRatio),
    ("cache_fragmentation", Indicator::CacheFragmentation),
    ("connection_use", Indicator::ConnectionUse),
];

impl Indicator {
    /// The unit its values and objectives have.
    pub fn unit(self) -> Unit {
        match self {
            Self::Quantile(_) | Self::Mean | Self::Max => Unit::Microseconds,
            Self::Throughput => Unit::PerSecond,
            Self::CacheFragmentation => Unit::Number,
            Self::ErrorRate
            | Self::ServerErrorRate
            | Self::MemoryGrowth
            | Self::P95Drift
            | Self::CacheHitRatio
            | Self::ConnectionUse => Unit::Ratio,
        }
    }

    /// Whether it can be asked of a single step; the others describe the whole run.
    pub fn is_per_step(self) -> bool {
        match self {
            Self::Quantile(_)
            | Self::Mean
            | Self::Max
            | Self::ErrorRate
            | Self::ServerErrorRate
            | Self::Throughput
            | Self::P95Drift => true,
            Self::MemoryGrowth | Self::CacheHitRatio | Self::CacheFragmentation | Self::ConnectionUse => {
                false
            }
        }
    }
}

impl std::fmt::Display for Indicator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = WORDS.iter().find(|(_, indicator)| indicator == self).map_or("", |(word, _)| word);
        match self {
            // A saved record may name one that is not kept. 99.9 without the noise of binary fractions.
            Self::Quantile(quantile) if word.is_empty() => {
                write!(formatter, "p{}", (quantile * 1e8).round() / 1e6)
            }
            _ => formatter.write_str(word),
        }
    }
}

impl std::str::FromStr for Indicator {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((_, indicator)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Ok(*indicator);
        }
        let known = |wanted: fn(&Indicator) -> bool| {
            let words = WORDS.iter().filter(|(_, indicator)| wanted(indicator)).map(|(word, _)| *word);
            words.collect::<Vec<_>>().join(", ")
        };
        let percent = text.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
        Err(match percent {
            Some(_) => ExpressionError::QuantileNotKept {
                word: text.to_owned(),
                kept: known(|indicator| matches!(indicator, Self::Quantile(_))),
            },
            None => ExpressionError::UnknownIndicator { word: text.to_owned(), known: known(|_| true) },
        })
    }
}

/// How a value is compared with its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Comparison {
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `>`
    #[serde(rename = ">")]
    Greater,
    /// `>=`
    #[serde(rename = ">=")]
    GreaterOrEqual,
}

/// Longest sign first, so that `<=` is not read as `<`.
const SIGNS: [(&str, Comparison); 4] = [
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

impl Comparison {
    /// Whether `value` stands in this relation to `objective`.
    pub fn holds(self, value: f64, objective: f64) -> bool {
        match self {
            Self::Less => value < objective,
            Self::LessOrEqual => value <= objective,
            Self::Greater => value > objective,
            Self::GreaterOrEqual => value >= objective,
        }
    }
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(SIGNS.iter().find(|(_, sign)| sign == self).map_or("", |(text, _)| text))
    }
}

/// An indicator, a comparison and an objective: `p95 < 3s`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expression {
    /// What is measured.
    pub indicator: Indicator,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what, in the indicator's unit.
    pub objective: Quantity,
}

impl Expression {
    /// Whether `value`, in the indicator's unit, fulfils the expression.
    pub fn holds(&self, value: f64) -> bool {
        self.comparison.holds(value, self.objective.value)
    }
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpressionError {
    /// There is no `<`, `<=`, `>` or `>=`.
    #[error(
        "`{text}` compares nothing; write `<indicator> < <objective>`, such as `p95 < 3s` or `error_rate <= 1%`"
    )]
    NoComparison {
        /// The text as it was written.
        text: String,
    },
    /// The word before the sign is no indicator.
    #[error("`{word}` is not an indicator; known are {known}")]
    UnknownIndicator {
        /// The word as it was written.
        word: String,
        /// The words that are known.
        known: String,
    },
    /// The word before the sign is a quantile that is not in the record of a run, so it could not be judged.
    #[error("`{word}` cannot be judged, because a run keeps no such quantile; it keeps {kept}")]
    QuantileNotKept {
        /// The word as it was written.
        word: String,
        /// The words of those that are kept.
        kept: String,
    },
    /// The text after the sign is no quantity.
    #[error(transparent)]
    Objective(#[from] QuantityError),
    /// The objective is of another kind than the indicator.
    #[error("`{indicator}` is compared with {wanted}, and `{objective}` is not")]
    WrongUnit {
        /// The indicator as it was written.
        indicator: String,
        /// The objective as it was written.
        objective: String,
        /// What would fit, with an example.
        wanted: &'static str,
    },
}

impl std::str::FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = SIGNS.iter().find_map(|(sign, comparison)| {
            text.split_once(sign)
                .map(|(indicator, objective)| (indicator.trim(), *comparison, objective.trim()))
        });
        let (word, comparison, objective_text) =
            found.ok_or_else(|| ExpressionError::NoComparison { text: text.trim().to_owned() })?;
        let indicator: Indicator = word.parse()?;
        let mut objective: Quantity = objective_text.parse()?;
        let unit = indicator.unit();
        // A share may be written as a plain fraction too: `error_rate < 0.01`; and zero needs no unit.
        if objective.unit == Unit::Number && (unit == Unit::Ratio || objective.value == 0.0) {
            objective.unit = unit;
        }
        if objective.unit != unit {
            return Err(ExpressionError::WrongUnit {
                indicator: word.to_owned(),
                objective: objective_text.to_owned(),
                wanted: match unit {
                    Unit::Microseconds => "a time such as `3s`",
                    Unit::Ratio => "a share such as `1%`",
                    Unit::PerSecond => "a rate such as `200/s`",
                    Unit::Number => "a plain number such as `1.5`",
                },
            });
        }
        Ok(Self { indicator, comparison, objective })
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} {}", self.indicator, self.comparison, self.objective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_documented_notations_are_read() {
        let expression: Expression = "p95 < 3s".parse().unwrap();
        assert_eq!(expression.indicator, Indicator::Quantile(0.95));
        assert_eq!(expression.comparison, Comparison::Less);
        assert_eq!(expression.objective, Quantity::new(3e6, Unit::Microseconds));
        for text in [
            "p50<80ms",
            "p99.9 <= 1 s",
            "mean < 20ms",
            "max < 10s",
            "error_rate < 1%",
            "error_rate <= 0.01",
            "throughput > 200/s",
            "memory_growth < 20%",
            "p95_drift < 30%",
            "cache_hit_ratio > 95%",
            "cache_fragmentation < 1.5",
            "server_error_rate <= 0",
            "connection_use < 90%",
        ] {
            text.parse::<Expression>().unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for text in ["p99.9 <= 1.5 s", "p95 < 250 ms", "error_rate < 1%", "throughput >= 200/s"] {
            let expression: Expression = text.parse().unwrap();
            assert_eq!(expression.to_string(), text);
        }
    }

    #[test]
    fn only_quantiles_that_the_record_keeps_are_read_and_the_others_are_told_which_these_are() {
        for (text, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99.9", 0.999), ("p100", 1.0)] {
            let indicator: Indicator = text.parse().unwrap();
            assert_eq!(indicator, Indicator::Quantile(quantile));
            assert_eq!(indicator.to_string(), text);
        }
        for word in ["p75", "p0", "p99.99", "p101", "p-1", "pNaN"] {
            assert_eq!(
                format!("{word} < 3s").parse::<Expression>().unwrap_err().to_string(),
                format!(
                    "`{word}` cannot be judged, because a run keeps no such quantile; \
                     it keeps p50, p90, p95, p99, p99.9, p100"
                )
            );
        }
        assert_eq!(Indicator::Quantile(0.9999).to_string(), "p99.99", "as a saved record may say");
    }

    #[test]
    fn every_mistake_says_what_would_be_right() {
        let message = |text: &str| text.parse::<Expression>().unwrap_err().to_string();
        assert!(message("p95 3s").contains("p95 < 3s"));
        assert!(message("speed < 3s").contains("`speed`") && message("speed < 3s").contains("error_rate"));
        assert!(message("p101 < 3s").contains("p101"));
        assert!(message("p95 < 1%").contains("a time such as `3s`"));
        assert!(message("throughput > 3s").contains("200/s"));
        assert!(message("p95 < soon").contains("soon"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,30}") {
            let _ = text.parse::<Expression>();
        }
    }
}
