//! The machine: the two cores, the limit of open files, and what a reader of the figures wants to know.

use std::fs;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use serde::Serialize;

use crate::error::PeersError;

/// Files that a generator or the server has open besides its connections.
const OTHER_FILES: u64 = 200;

/// The first two cores that this process may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    /// Where the server runs, and nothing else of ours.
    pub(crate) server: usize,
    /// Where the generator runs.
    pub(crate) generator: usize,
}

impl Cores {
    /// Finds them.
    pub(crate) fn find() -> Result<Self, PeersError> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).unwrap_or_default();
        let cores: Vec<usize> =
            (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false)).collect();
        match cores[..] {
            [server, generator, ..] => Ok(Self { server, generator }),
            _ => Err(PeersError::TooFewCores { cores: cores.len() }),
        }
    }
}

/// Raises the limit of open files as far as it goes, for this process and those it starts, and tells how many
/// users that is enough for.
pub(crate) fn raise_open_files() -> Result<u64, PeersError> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(PeersError::OpenFiles)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(PeersError::OpenFiles)?;
    Ok(hard.saturating_sub(OTHER_FILES))
}

/// Where it was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// The processor, as it names itself.
    cpu_model: String,
    /// Cores that the kernel has.
    cores: usize,
    /// Kernel and its release.
    kernel: String,
    /// All memory.
    memory_bytes: u64,
    /// Processes that wanted to run in the last minute, before the first measurement. Well above 0 means that
    /// the machine had other work, and that absolute figures are rough.
    pub(crate) load_average_1m: f64,
}

impl Machine {
    /// Reads what the kernel tells; what it does not tell is empty or 0.
    pub(crate) fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpus = read("/proc/cpuinfo");
        let models = || cpus.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let memory = read("/proc/meminfo");
        let memory_kib = memory.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        Self {
            cpu_model: models().next().map(|(_, model)| model.to_owned()).unwrap_or_default(),
            cores: models().count(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_bytes: memory_kib.unwrap_or(0) * 1_024,
            load_average_1m: read("/proc/loadavg")
                .split_whitespace()
                .next()
                .and_then(|number| number.parse().ok())
                .unwrap_or(0.0),
        }
    }

    /// On one line.
    pub(crate) fn describe(&self) -> String {
        let gigabytes = self.memory_bytes as f64 / 1e9;
        format!(
            "{}, {} cores, {gigabytes:.0} GB, Linux {}, load average {:.1} at the start",
            self.cpu_model, self.cores, self.kernel, self.load_average_1m
        )
    }
}
