//! What a process has used up, as sums that only grow.

use super::source::Reading;

/// CPU time and storage traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) cpu_us: u64,
    pub(super) disk_read_bytes: u64,
    pub(super) disk_written_bytes: u64,
}

impl Spent {
    /// All that a process and the ended children it waited for have used since it started. Disk figures that
    /// are not told count as nothing; the sample leaves them out anyway.
    pub(super) fn of(reading: &Reading) -> Self {
        Self {
            cpu_us: reading.cpu_self_us.saturating_add(reading.cpu_waited_us),
            disk_read_bytes: reading.disk_read_bytes.unwrap_or(0),
            disk_written_bytes: reading.disk_written_bytes.unwrap_or(0),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            cpu_us: self.cpu_us.saturating_add(other.cpu_us),
            disk_read_bytes: self.disk_read_bytes.saturating_add(other.disk_read_bytes),
            disk_written_bytes: self.disk_written_bytes.saturating_add(other.disk_written_bytes),
        }
    }

    /// The difference, never below nothing in any part.
    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            cpu_us: self.cpu_us.saturating_sub(other.cpu_us),
            disk_read_bytes: self.disk_read_bytes.saturating_sub(other.disk_read_bytes),
            disk_written_bytes: self.disk_written_bytes.saturating_sub(other.disk_written_bytes),
        }
    }

    /// The lesser of the two, part by part.
    pub(super) fn at_most(self, other: Self) -> Self {
        Self {
            cpu_us: self.cpu_us.min(other.cpu_us),
            disk_read_bytes: self.disk_read_bytes.min(other.disk_read_bytes),
            disk_written_bytes: self.disk_written_bytes.min(other.disk_written_bytes),
        }
    }

    /// The same with no storage traffic.
    pub(super) fn cpu_only(self) -> Self {
        Self { cpu_us: self.cpu_us, ..Self::default() }
    }
}
