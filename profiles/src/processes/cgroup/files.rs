//! The files of a control group.

use std::fs;
use std::path::{Path, PathBuf};

use super::membership::{Folder, Hierarchies};

/// From here on a limit of version 1 is none: unset, it shows as the highest number of whole pages.
const NO_LIMIT_BYTES: u64 = 1 << 60;

/// Which files a hierarchy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Version {
    One,
    Two,
}

/// The groups that limit CPU, memory, and processes, each with its limit. Where nothing is limited,
/// the process' own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Group {
    cpu: Option<Limited>,
    memory: Option<Limited>,
    pids: Option<Limited>,
}

/// A group and what it is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Limited {
    folder: PathBuf,
    version: Version,
    /// µs of CPU a second, bytes, or processes and threads.
    limit: Option<u64>,
}

/// Where a group's CPU and its memory are counted.
pub(super) type Folders = [Option<PathBuf>; 2];

/// What a group counts since it was made, and its memory now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) periods: Option<u64>,
    pub(super) throttled_periods: Option<u64>,
    pub(super) throttled_us: Option<u64>,
    pub(super) memory_current_bytes: Option<u64>,
    /// File cache that nobody used lately.
    pub(super) memory_inactive_file_bytes: Option<u64>,
    pub(super) oom_kills: Option<u64>,
    pub(super) pids_current: Option<u64>,
}

impl Counters {
    pub(super) fn memory_working_set_bytes(&self) -> Option<u64> {
        Some(self.memory_current_bytes?.saturating_sub(self.memory_inactive_file_bytes?))
    }
}

impl Group {
    /// Looks for the limits. A controller is in one hierarchy only; the one of version 1 has it where there
    /// are both.
    pub(super) fn of(hierarchies: &Hierarchies) -> Self {
        let cpu = hierarchies.cpu.as_ref().map(|folder| (folder, Version::One));
        let memory = hierarchies.memory.as_ref().map(|folder| (folder, Version::One));
        let pids = hierarchies.pids.as_ref().map(|folder| (folder, Version::One));
        let unified = hierarchies.unified.as_ref().map(|folder| (folder, Version::Two));
        Self {
            cpu: cpu.or(unified).map(|(folder, version)| tightest(folder, version, cpu_limit_us_per_s)),
            memory: memory.or(unified).map(|(folder, version)| tightest(folder, version, memory_limit_bytes)),
            pids: pids.or(unified).map(|(folder, version)| tightest(folder, version, pids_limit)),
        }
    }

    pub(super) fn folders(&self) -> Folders {
        [&self.cpu, &self.memory].map(|limited| limited.as_ref().map(|limited| limited.folder.clone()))
    }

    pub(super) fn cpu_limit_cores(&self) -> Option<f64> {
        Some(self.cpu.as_ref()?.limit? as f64 / 1e6)
    }

    pub(super) fn memory_limit_bytes(&self) -> Option<u64> {
        self.memory.as_ref()?.limit
    }

    pub(super) fn pids_limit(&self) -> Option<u64> {
        self.pids.as_ref()?.limit
    }

    /// Reads what the groups count now.
    pub(super) fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        // A group without a limit is never held.
        if let Some(cpu) = self.cpu.as_ref().filter(|cpu| cpu.limit.is_some()) {
            let stat = read(&cpu.folder, "cpu.stat").unwrap_or_default();
            counters.periods = value(&stat, "nr_periods");
            counters.throttled_periods = value(&stat, "nr_throttled");
            counters.throttled_us = match cpu.version {
                Version::One => value(&stat, "throttled_time").map(|ns| ns / 1_000),
                Version::Two => value(&stat, "throttled_usec"),
            };
        }
        if let Some(memory) = &self.memory {
            let (current, inactive, events) = match memory.version {
                Version::One => ("memory.usage_in_bytes", "total_inactive_file", "memory.oom_control"),
                Version::Two => ("memory.current", "inactive_file", "memory.events"),
            };
            counters.memory_current_bytes = number(&memory.folder, current);
            let stat = read(&memory.folder, "memory.stat").unwrap_or_default();
            counters.memory_inactive_file_bytes = value(&stat, inactive);
            counters.oom_kills = value(&read(&memory.folder, events).unwrap_or_default(), "oom_kill");
        }
        if let Some(pids) = self.pids.as_ref().filter(|pids| pids.limit.is_some()) {
            counters.pids_current = number(&pids.folder, "pids.current");
        }
        counters
    }
}

/// The group with the smallest limit, upwards from the process' own.
fn tightest(folder: &Folder, version: Version, limit: fn(&Path, Version) -> Option<u64>) -> Limited {
    let limits = folder.upwards().filter_map(|group| Some((group, limit(group, version)?)));
    let smallest = limits.min_by_key(|&(_, limit)| limit);
    let (group, limit) = smallest.map_or((folder.own.as_path(), None), |(group, limit)| (group, Some(limit)));
    Limited { folder: group.to_owned(), version, limit }
}

fn cpu_limit_us_per_s(group: &Path, version: Version) -> Option<u64> {
    let (quota_us, period_us) = match version {
        Version::One => (number(group, "cpu.cfs_quota_us")?, number(group, "cpu.cfs_period_us")?),
        Version::Two => {
            let max = read(group, "cpu.max")?;
            let (quota, period) = max.trim().split_once(' ')?;
            (quota.parse().ok()?, period.parse().ok()?)
        }
    };
    quota_us.checked_mul(1_000_000)?.checked_div(period_us)
}

fn memory_limit_bytes(group: &Path, version: Version) -> Option<u64> {
    match version {
        Version::One => number(group, "memory.limit_in_bytes").filter(|&limit| limit < NO_LIMIT_BYTES),
        Version::Two => number(group, "memory.max"),
    }
}

fn pids_limit(group: &Path, _both: Version) -> Option<u64> {
    number(group, "pids.max")
}

fn read(group: &Path, file: &str) -> Option<String> {
    fs::read_to_string(group.join(file)).ok()
}

/// The number that is all of a file; nothing for `max` and for -1, which both mean no limit.
fn number(group: &Path, file: &str) -> Option<u64> {
    read(group, file)?.trim().parse().ok()
}

/// The number behind a name, on a line of its own.
fn value(content: &str, name: &str) -> Option<u64> {
    content.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}
