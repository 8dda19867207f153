//! How figures change over a long time under the same load.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Interval};

/// What changed over a long run, after warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftRecord {
    /// 95th percentile of response time of all steps together, µs.
    pub p95: Answer<Drift>,
    /// Resident memory of the target, bytes.
    pub rss: Answer<Drift>,
}

/// The trend of one figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// Points the trend rests on.
    pub point_count: u32,
    /// Time from the first to the last of them, seconds.
    pub span_s: f64,
    /// Median of the first quarter of the points, in the unit of the figure.
    pub level: f64,
    /// Change in an hour, in the unit of the figure: Theil–Sen slope with Sen's interval.
    pub per_hour: Interval,
    /// The same relative to `level`.
    pub per_hour_ratio: Interval,
    /// Chance of a trend as clear as this where there is none, 0–1: Mann–Kendall test, two-sided, with the
    /// variance of Hamed and Rao (1998), because neighbours in time resemble each other.
    pub p_value: f64,
    /// Whether it is a trend that matters: `p_value` below 5 %, the interval on one side of zero, and a change of
    /// at least 5 % of `level` over the span.
    pub is_trend: bool,
}
