//! What Linux tells of a tree beyond the counters that the forest keeps: how the scheduler served it, memory
//! with its shared part divided, limits.
//!
//! Elsewhere none of the files is there, and all of it is absent.

use std::collections::{HashMap, HashSet};
use std::{fs, io};

use aforo_model::{ProcessSample, Role};

use super::cgroup::Cgroups;
use super::forest::Forest;
use super::schedstat::parse_schedstat;
use super::source::{MOST_THREADS_READ, ProcessId, ProcessSource, Reading};

/// Readings between two of what is dear to read: `smaps_rollup` took 4 ms of CPU for 290 MB, and holds the
/// lock of the process' memory meanwhile.
const READINGS_PER_PSS: u64 = 30;

/// The most resident memory of a tree whose shared part is still divided: about 30 ms of CPU.
const LARGEST_RSS_WITH_PSS_BYTES: u64 = 2 << 30;

/// Readings between two of the context switches, which are a file of 10 µs for each thread.
const READINGS_PER_SWITCHES: u64 = 10;

/// Reads the details of the trees of a forest.
pub(crate) struct Details {
    /// Whether the kernel counts how long threads wait for a core.
    tells_waiting: bool,
    known: HashMap<ProcessId, Known>,
    totals: HashMap<Role, Totals>,
    cgroups: Cgroups,
    reading_count: u64,
}

/// What was last read of a process.
#[derive(Debug, Default)]
struct Known {
    threads: HashMap<u32, ThreadCounts>,
    major_faults: u64,
    open_fd_limit: Option<u64>,
}

/// What was last read of a thread.
#[derive(Debug, Clone, Copy, Default)]
struct ThreadCounts {
    wait_ns: u64,
    switches: Switches,
}

/// Context switches of a thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Switches {
    voluntary: u64,
    involuntary: u64,
}

/// Growth of a tree's counters since the watch began, by the processes that are or were in it.
#[derive(Debug, Default)]
struct Totals {
    wait_ns: u64,
    switches: Switches,
    major_faults: u64,
}

/// Which of the dear figures a reading takes, and from when a new process counts.
#[derive(Clone, Copy)]
struct Turn {
    is_first: bool,
    reads_waiting: bool,
    reads_switches: bool,
    reads_limits: bool,
    began: u64,
}

impl Details {
    pub(crate) fn new() -> Self {
        let own = fs::read_to_string("/proc/self/schedstat").ok();
        Self {
            tells_waiting: own.and_then(|own| parse_schedstat(&own)).is_some_and(|own| own.run_ns > 0),
            known: HashMap::new(),
            totals: HashMap::new(),
            cgroups: Cgroups::default(),
            reading_count: 0,
        }
    }

    /// Adds to the samples what the forest's source does not tell.
    pub(crate) fn read<S: ProcessSource>(&mut self, forest: &Forest<S>, samples: &mut [ProcessSample]) {
        let turn = Turn {
            is_first: self.reading_count == 0,
            reads_waiting: self.tells_waiting,
            reads_switches: self.reading_count.is_multiple_of(READINGS_PER_SWITCHES),
            reads_limits: self.reading_count.is_multiple_of(READINGS_PER_PSS),
            began: forest.began(),
        };
        let mut living = HashSet::new();
        for sample in samples {
            let processes: Vec<Reading> = forest.living(sample.role).copied().collect();
            living.extend(processes.iter().map(|process| process.id));
            self.read_tree(turn, &processes, sample);
            if turn.reads_limits && sample.rss_bytes <= LARGEST_RSS_WITH_PSS_BYTES {
                sample.pss_bytes = pss_bytes(&processes);
            }
            let root = forest.root(sample.role);
            sample.cgroup = root.and_then(|root| self.cgroups.read(root, self.reading_count));
        }
        self.known.retain(|process, _| living.contains(process));
        self.reading_count += 1;
    }

    fn read_tree(&mut self, turn: Turn, processes: &[Reading], sample: &mut ProcessSample) {
        let totals = self.totals.entry(sample.role).or_default();
        // One process that does not tell makes the sum unknown.
        let (mut tells_waiting, mut tells_switches, mut tells_faults) =
            (turn.reads_waiting, turn.reads_switches, true);
        for process in processes {
            let is_new = !self.known.contains_key(&process.id);
            // What ran before the watch began is no part of it.
            let is_base_line = is_new && (turn.is_first || process.id.started < turn.began);
            let known = self.known.entry(process.id).or_default();
            let mut grown = Totals::default();
            let told = known.advance_threads(turn, process, &mut grown);
            tells_waiting &= told;
            tells_switches &= told;
            tells_faults &= process.major_faults.is_some();
            let major_faults = process.major_faults.unwrap_or(known.major_faults);
            grown.major_faults = major_faults.saturating_sub(known.major_faults);
            known.major_faults = major_faults;
            if is_new || turn.reads_limits {
                known.open_fd_limit = open_fd_limit(process.id.pid);
            }
            if !is_base_line {
                totals.add(&grown);
            }
            if let Some(limit) = known.open_fd_limit {
                sample.open_fd_limit = Some(sample.open_fd_limit.map_or(limit, |least| least.min(limit)));
                let ratio = process.open_fd_count.map(|count| count as f64 / limit.max(1) as f64);
                sample.open_fd_ratio = [sample.open_fd_ratio, ratio].into_iter().flatten().reduce(f64::max);
            }
        }
        sample.run_queue_delay_s = tells_waiting.then_some(totals.wait_ns as f64 / 1e9);
        sample.voluntary_context_switches = tells_switches.then_some(totals.switches.voluntary);
        sample.involuntary_context_switches = tells_switches.then_some(totals.switches.involuntary);
        sample.major_faults = tells_faults.then_some(totals.major_faults);
    }
}

impl Totals {
    fn add(&mut self, grown: &Self) {
        self.wait_ns = self.wait_ns.saturating_add(grown.wait_ns);
        self.switches.voluntary = self.switches.voluntary.saturating_add(grown.switches.voluntary);
        self.switches.involuntary = self.switches.involuntary.saturating_add(grown.switches.involuntary);
        self.major_faults = self.major_faults.saturating_add(grown.major_faults);
    }
}

impl Known {
    /// Adds to `grown` what the threads counted since the last reading. False when they cannot be read, or are
    /// too many.
    fn advance_threads(&mut self, turn: Turn, process: &Reading, grown: &mut Totals) -> bool {
        if process.thread_count.is_none_or(|count| count > MOST_THREADS_READ) {
            return false;
        }
        let pid = process.id.pid;
        let Some(threads) = threads_of(process) else { return false };
        let mut living = HashMap::with_capacity(threads.len());
        for thread in threads {
            let mut counts = self.threads.get(&thread).copied().unwrap_or_default();
            let waited =
                || parse_schedstat(&fs::read_to_string(format!("/proc/{pid}/task/{thread}/schedstat")).ok()?);
            if let Some(now) = turn.reads_waiting.then(waited).flatten() {
                grown.wait_ns += growth(counts.wait_ns, now.wait_ns);
                counts.wait_ns = now.wait_ns;
            }
            let switched =
                || parse_switches(&fs::read_to_string(format!("/proc/{pid}/task/{thread}/status")).ok()?);
            if let Some(now) = turn.reads_switches.then(switched).flatten() {
                grown.switches.voluntary += growth(counts.switches.voluntary, now.voluntary);
                grown.switches.involuntary += growth(counts.switches.involuntary, now.involuntary);
                counts.switches = now;
            }
            living.insert(thread, counts);
        }
        self.threads = living;
        true
    }
}

/// A thread's number may have passed to a new one, which counts from zero.
fn growth(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

/// The numbers of its threads; nothing when the process is gone or not ours to see.
fn threads_of(process: &Reading) -> Option<Vec<u32>> {
    let pid = process.id.pid;
    if process.thread_count == Some(1) {
        return Some(vec![pid]);
    }
    let entries = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let threads = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // It may have started many since it was read.
    Some(threads.take(MOST_THREADS_READ as usize).collect())
}

/// The context switches out of `/proc/PID/task/TID/status`.
fn parse_switches(status: &str) -> Option<Switches> {
    // They are the last two lines.
    let field =
        |name: &str| status.lines().rev().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some(Switches {
        voluntary: field("voluntary_ctxt_switches:")?,
        involuntary: field("nonvoluntary_ctxt_switches:")?,
    })
}

/// The soft limit on open files; nothing when there is none or it is not told.
fn open_fd_limit(pid: u32) -> Option<u64> {
    parse_open_fd_limit(&fs::read_to_string(format!("/proc/{pid}/limits")).ok()?)
}

fn parse_open_fd_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Memory with its shared part divided, summed; nothing when one of the processes does not let us see it.
fn pss_bytes(processes: &[Reading]) -> Option<u64> {
    let mut total = None;
    for process in processes {
        match fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id.pid)) {
            Ok(rollup) => total = Some(total.unwrap_or(0_u64).saturating_add(parse_pss(&rollup)?)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
            // Gone since it was read, or the kernel has no such file.
            Err(_) => {}
        }
    }
    total
}

fn parse_pss(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests;
