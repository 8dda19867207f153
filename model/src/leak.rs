//! What grows without end under a load that stays the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Interval, Role};

/// What can leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakFigure {
    /// Resident memory, bytes.
    Rss,
    /// Proportional memory, bytes: what processes share counts once.
    Pss,
    /// Open file descriptors.
    OpenFds,
    /// Threads.
    Threads,
    /// Client connections of Postgres.
    Connections,
}

impl LeakFigure {
    /// What grows, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rss => "resident memory",
            Self::Pss => "proportional memory",
            Self::OpenFds => "open descriptors",
            Self::Threads => "threads",
            Self::Connections => "connections",
        }
    }

    /// Whether it is counted in bytes.
    pub fn is_memory(self) -> bool {
        matches!(self, Self::Rss | Self::Pss)
    }
}

/// Whether one figure of one part of the system leaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeakRecord {
    /// Whose figure it is.
    pub role: Role,
    /// Which figure.
    pub figure: LeakFigure,
    /// How it changed; absent with its reason where that could not be told.
    pub leak: Answer<Leak>,
}

/// How a figure changed, and whether that is a leak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leak {
    /// The change.
    pub growth: Growth,
    /// Width of the windows of which only the lowest reading was looked at, seconds, because the figure goes up and falls back as a
    /// heap that is collected does. Absent where all readings were looked at.
    pub minimum_window_s: Option<f64>,
    /// What the figure jumped by while the target was profiled, in the unit of the figure. It is left out of the growth.
    pub profiling_shift: f64,
    /// Growth per request that ended, in the unit of the figure; absent where none ended.
    pub per_request: Option<Interval>,
    /// What the figure may rise to, in its unit: the limit of its control group or of the machine; absent where none is known.
    pub limit: Option<f64>,
    /// Time from the end of the readings until the limit is reached at this pace, seconds; absent where nothing grows.
    pub time_to_limit_s: Option<Interval>,
    /// Whether it stayed when the load had ended.
    pub confirmation: LeakConfirmation,
    /// Why that was not checked, of what grew, as a sentence without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_checked: Option<String>,
}

impl Leak {
    /// Whether the figure grew and did not fall back afterwards.
    pub fn is_leak(&self) -> bool {
        self.growth.verdict == GrowthVerdict::Growing && self.confirmation != LeakConfirmation::Released
    }
}

/// The growth of a figure over a time of steady load, without its first third.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Growth {
    /// First reading that was looked at, seconds since the start of the run.
    pub from_s: f64,
    /// Last one.
    pub to_s: f64,
    /// Points the growth rests on, each of several readings.
    pub point_count: u32,
    /// Median of the points, in the unit of the figure.
    pub level: f64,
    /// Median of the last points, in the unit of the figure.
    pub last: f64,
    /// Change in an hour, in the unit of the figure: Theil–Sen slope with Sen's interval.
    pub per_hour: Interval,
    /// Kendall's τ, −1 to 1: pairs of points that rise less those that fall, of all.
    pub tau: f64,
    /// Chance of a trend as clear as this where there is none, 0–1: Mann–Kendall test with the variance of Hamed and Rao.
    pub p_value: f64,
    /// What follows.
    pub verdict: GrowthVerdict,
}

/// Whether a figure grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrowthVerdict {
    /// It grows at a pace that lasts.
    Growing,
    /// It still grew, less and less: what fills up once does that.
    Settling,
    /// Whether it grows cannot be told from chance.
    WithinNoise,
    /// It grew too little to matter, or fell.
    TooSmall,
}

/// What an idle minute after the load showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakConfirmation {
    /// What had grown stayed.
    Confirmed,
    /// At least half of what had grown was given back: it belonged to work in flight or to a cache that expires.
    Released,
    /// There was no such minute, or too little was read in it.
    NotChecked,
}
