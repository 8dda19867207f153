//! Parts of a reading of a machine: pressure, its disks, its links.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Pressure stall information of the machine (`/proc/pressure`): how much of the last ten seconds work stood
/// still for want of something. Absent where the kernel does not keep it. Of a machine that is told of by its
/// metrics, it is of the time between two scrapes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PressureSample {
    /// For want of a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Pressure>,
    /// For want of memory: reclaiming, swapping in, reading code back from disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Pressure>,
    /// For want of storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub io: Option<Pressure>,
}

/// How much of the last ten seconds (`avg10`) work stood still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pressure {
    /// Share of the time in which at least one task stood still, 0–1.
    pub some_ratio: f64,
    /// Share of the time in which all tasks that had work stood still, 0–1. Absent for CPU before Linux 5.13.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_ratio: Option<f64>,
}

/// The disk that was busiest since the last reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BusiestDisk {
    /// The kernel's name for it, as in `nvme0n1`.
    pub name: String,
    /// Share of the time in which it had at least one request to work on, 0–1. A disk that works on many
    /// requests at once has room left at 1.
    pub busy_ratio: f64,
    /// Requests that it worked on or that waited for it, on average.
    pub queue_length: f64,
}

/// The file system with the least room left, as a share of its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FullestFileSystem {
    /// Where it is mounted.
    pub mount_point: String,
    /// Its size.
    pub total_bytes: u64,
    /// What is left for programs without special rights.
    pub available_bytes: u64,
}

/// The network link that was nearest to its speed since the last reading, either way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BusiestLink {
    /// The interface, as in `eth0`.
    pub name: String,
    /// Share of the link's speed, 0–1, in the direction that was used more.
    pub busy_ratio: f64,
    /// The speed the interface states, in bytes a second. Virtual interfaces state none and are not here.
    pub speed_bytes_per_s: u64,
}
