//! What a control group allows its processes, and what they had of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One reading of the control group that a tree's root is in, as a container's. Limits are the smallest among
/// the group and its ancestors; a limit that nobody set is absent, and so is what is counted under it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CgroupSample {
    /// CPU that may be used, in cores (`cpu.max`, or `cpu.cfs_quota_us` over its period).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit_cores: Option<f64>,
    /// Memory that may be used (`memory.max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit_bytes: Option<u64>,
    /// Memory that is charged to the group the memory limit belongs to, or to the root's own where there is no
    /// limit, cached files included (`memory.current`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_current_bytes: Option<u64>,
    /// The part of it that cannot be had back by dropping cached files that nobody used lately: current less
    /// `inactive_file`. The kernel kills when this reaches the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_working_set_bytes: Option<u64>,
    /// Periods in which the group wanted CPU under a limit (`nr_periods`), since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_periods: Option<u64>,
    /// Those of them in which it had used up its quota and was held (`nr_throttled`), since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_periods: Option<u64>,
    /// How long it was held for having used up its quota, in seconds, since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_s: Option<f64>,
    /// Processes of the group that the kernel killed for want of memory, since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_kills: Option<u64>,
    /// Processes and threads that may be there at once (`pids.max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<u64>,
    /// Processes and threads of the group that limit belongs to (`pids.current`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_current: Option<u64>,
}

/// What a control group allowed over a run, and what was had of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CgroupSummary {
    /// CPU that might be used at the end of the run, in cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit_cores: Option<f64>,
    /// Memory that might be used at the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit_bytes: Option<u64>,
    /// Most memory in use that could not be had back by dropping cached files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_working_set_peak_bytes: Option<u64>,
    /// Share of the periods with work in which the group was held for having used up its quota, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_ratio: Option<f64>,
    /// How long it was held, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_s: Option<f64>,
    /// Processes that the kernel killed for want of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_kills: Option<u64>,
    /// Processes and threads that might be there at once, at the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_limit: Option<u64>,
    /// Most of them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids_peak: Option<u64>,
}
