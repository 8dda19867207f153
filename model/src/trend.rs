//! Where figures are heading.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Growth, Interval};

/// What is followed towards its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrendFigure {
    /// CPU of the machine, share of all cores, 0–1.
    HostCpu,
    /// CPU of the target, share of the cores it may use, 0–1.
    TargetCpu,
    /// Memory of the machine in use, share of all, 0–1.
    HostMemory,
    /// Fullest file system, share of its capacity, 0–1.
    DiskCapacity,
    /// Client connections of Postgres, share of `max_connections`, 0–1.
    Connections,
    /// 95th percentile of response time of all steps together, µs.
    P95,
}

impl TrendFigure {
    /// Every figure, in the order of a report.
    pub const EVERY: [Self; 6] =
        [Self::HostCpu, Self::TargetCpu, Self::HostMemory, Self::DiskCapacity, Self::Connections, Self::P95];

    /// What it is, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HostCpu => "CPU of the machine",
            Self::TargetCpu => "CPU of the target",
            Self::HostMemory => "memory of the machine",
            Self::DiskCapacity => "the fullest file system",
            Self::Connections => "connections of Postgres",
            Self::P95 => "P95",
        }
    }

    /// Whether it is a share, 0–1, and not a time in µs.
    pub fn is_ratio(self) -> bool {
        self != Self::P95
    }
}

/// How one figure changed, and when it reaches its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrendRecord {
    /// Which figure.
    pub figure: TrendFigure,
    /// How it changed.
    pub growth: Growth,
    /// What it must stay below, in its unit; absent where nothing sets it.
    pub threshold: Option<f64>,
    /// Time from the end of the readings until it reaches the threshold at this pace, seconds; absent with its reason where that is
    /// not foretold: it does not grow, it is there already, or the threshold is farther off than four times what was seen.
    pub time_to_threshold_s: Answer<Interval>,
}
