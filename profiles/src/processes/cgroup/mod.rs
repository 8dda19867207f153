//! Control groups: what a tree may use, and what it had of that. Version 1, version 2, and both at once.

mod files;
mod membership;

use std::collections::HashMap;
use std::fs;

use aforo_model::CgroupSample;
use files::{Counters, Folders, Group};
use membership::Hierarchies;

use super::source::ProcessId;
use crate::counter::Growth;

/// Readings between two looks at which groups there are and what they limit: both seldom change.
const READINGS_PER_LOOK: u64 = 30;

/// The groups of the watched trees.
#[derive(Debug, Default)]
pub(super) struct Cgroups {
    groups: HashMap<ProcessId, Option<Group>>,
    /// Trees often share a group; its files are read once a reading.
    read: HashMap<Group, (u64, CgroupSample)>,
    /// By the folders that count: a limit may be changed while its group goes on counting.
    growths: HashMap<Folders, Growths>,
}

/// Growth of a group's counters since the watch began.
#[derive(Debug, Default)]
struct Growths {
    periods: Growth,
    throttled_periods: Growth,
    throttled_us: Growth,
    oom_kills: Growth,
}

impl Cgroups {
    /// Reads the group that a process is in; nothing where there are no groups, or they tell nothing.
    pub(super) fn read(&mut self, process: ProcessId, reading: u64) -> Option<CgroupSample> {
        if reading.is_multiple_of(READINGS_PER_LOOK) || !self.groups.contains_key(&process) {
            self.groups.insert(process, group_of(process.pid));
        }
        let group = self.groups.get(&process)?.as_ref()?;
        let sample = match self.read.get(group) {
            Some(&(at, sample)) if at == reading => sample,
            _ => {
                let growths = self.growths.entry(group.folders()).or_default();
                let sample = growths.advance(group, &group.counters());
                self.read.insert(group.clone(), (reading, sample));
                sample
            }
        };
        (sample != CgroupSample::default()).then_some(sample)
    }
}

impl Growths {
    fn advance(&mut self, group: &Group, counters: &Counters) -> CgroupSample {
        CgroupSample {
            cpu_limit_cores: group.cpu_limit_cores(),
            memory_limit_bytes: group.memory_limit_bytes(),
            memory_current_bytes: counters.memory_current_bytes,
            memory_working_set_bytes: counters.memory_working_set_bytes(),
            cpu_periods: counters.periods.map(|count| self.periods.advance(count)),
            throttled_periods: counters.throttled_periods.map(|count| self.throttled_periods.advance(count)),
            throttled_s: counters.throttled_us.map(|us| self.throttled_us.advance(us) as f64 / 1e6),
            oom_kills: counters.oom_kills.map(|count| self.oom_kills.advance(count)),
            pids_limit: group.pids_limit(),
            pids_current: counters.pids_current,
        }
    }
}

fn group_of(pid: u32) -> Option<Group> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    // Where Aforo sees the groups, which may be elsewhere than where the process does.
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    Some(Group::of(&Hierarchies::of(&groups, &mounts)))
}

#[cfg(test)]
mod real_tests;
#[cfg(test)]
mod tests;
