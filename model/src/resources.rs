//! What the samplers read, second by second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part of the system a group of processes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The system under test.
    Target,
    /// Its Postgres server with all backends.
    Postgres,
    /// Its Redis server.
    Redis,
    /// Aforo itself.
    Generator,
}

impl Role {
    /// The word used in messages, files and finding subjects.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Generator => "generator",
        }
    }
}

/// One reading of everything that is watched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSample {
    /// When it was read, in seconds since the start of the run.
    pub at_s: f64,
    /// The process trees that could be read. A tree that is gone is absent.
    pub processes: Vec<ProcessSample>,
    /// Aforo's own threads. Absent in the first reading, and where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorSample>,
    /// The machine Aforo runs on.
    pub host: Option<HostSample>,
    /// The target's Postgres, asked over SQL.
    pub postgres: Option<PostgresSample>,
    /// The target's Redis, asked with `INFO`.
    pub redis: Option<RedisSample>,
}

impl ResourceSample {
    /// The reading of one process tree.
    pub fn process(&self, role: Role) -> Option<&ProcessSample> {
        self.processes.iter().find(|process| process.role == role)
    }
}

/// One reading of a process tree: a process and all its descendants, summed. A figure that the system does
/// not tell (another user's process, another operating system) is absent, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessSample {
    /// Which part of the system it is.
    pub role: Role,
    /// Processes in the tree.
    pub process_count: u32,
    /// CPU time used since the watch began, in seconds, by processes now in the tree or since ended.
    pub cpu_time_s: f64,
    /// CPU used since the last reading, in cores: 1.0 is one core busy. Absent in the first reading.
    pub cpu_cores: Option<f64>,
    /// Resident memory, summed; memory shared between processes counts in each.
    pub rss_bytes: u64,
    /// Threads.
    pub thread_count: Option<u64>,
    /// Open file descriptors.
    pub open_fd_count: Option<u64>,
    /// Bytes read from storage since the watch began.
    pub disk_read_bytes: Option<u64>,
    /// Bytes written to storage since the watch began.
    pub disk_written_bytes: Option<u64>,
}

/// One reading of the thread of Aforo that worked most: the one that sends the load, when there is any.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorSample {
    /// CPU it used since the last reading, in cores. A run sends from one thread, so it cannot use more than one.
    pub busiest_thread_cores: f64,
    /// How long it was ready to run and waited for a core, on average each time, µs, since the last reading.
    pub run_queue_delay_us: Option<f64>,
}

/// One reading of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostSample {
    /// CPU used since the last reading over all cores, 0–1. Absent in the first reading.
    pub cpu_ratio: Option<f64>,
    /// Cores.
    pub core_count: u32,
    /// Load average over one minute.
    pub load_1m: f64,
    /// Memory in use.
    pub memory_used_bytes: u64,
    /// Memory there is.
    pub memory_total_bytes: u64,
    /// Swap in use.
    pub swap_used_bytes: u64,
    /// Bytes read from all disks since the watch began.
    pub disk_read_bytes: Option<u64>,
    /// Bytes written to all disks since the watch began.
    pub disk_written_bytes: Option<u64>,
    /// Bytes received on all network interfaces since the watch began.
    pub network_received_bytes: Option<u64>,
    /// Bytes sent on all network interfaces since the watch began.
    pub network_sent_bytes: Option<u64>,
}

/// One reading of Postgres over SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostgresSample {
    /// Client connections, Aforo's own left out.
    pub connection_count: u32,
    /// Those of them that run a statement.
    pub active_count: u32,
    /// Those of them that wait for a lock.
    pub lock_waiting_count: u32,
    /// The server's `max_connections`.
    pub max_connections: u32,
}

/// One reading of Redis' `INFO`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RedisSample {
    /// Key look-ups that found the key, since the watch began.
    pub keyspace_hits: u64,
    /// Key look-ups that did not, since the watch began.
    pub keyspace_misses: u64,
    /// Keys evicted for want of memory, since the watch began.
    pub evicted_keys: u64,
    /// Commands processed, since the watch began.
    pub commands_processed: u64,
    /// Memory in use by data.
    pub used_memory_bytes: u64,
    /// Resident memory of the server per byte in use.
    pub fragmentation_ratio: f64,
    /// Connected clients.
    pub connected_clients: u32,
}

/// What a report shows of all readings of a run, warm-up included.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceSummary {
    /// Every process tree that was read, in the order of [`Role`].
    pub processes: Vec<ProcessSummary>,
    /// The machine, when it was read.
    pub host: Option<HostSummary>,
    /// Aforo's own threads, when they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorSummary>,
}

/// How the thread that sent the load fared over a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorSummary {
    /// Highest CPU of one thread between two readings, in cores.
    pub busiest_thread_cores_peak: f64,
    /// How long it waited for a core each time it had something to do, µs, averaged over the readings.
    pub run_queue_delay_us_mean: Option<f64>,
}

/// What one process tree used over a run. A figure that was never read is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessSummary {
    /// Which part of the system it is.
    pub role: Role,
    /// How many readings the figures rest on.
    pub sample_count: u64,
    /// CPU used between the first and the last reading, in cores: 1.0 is one core busy all the time.
    pub cpu_cores_mean: Option<f64>,
    /// Highest CPU between two readings, in cores.
    pub cpu_cores_peak: Option<f64>,
    /// Resident memory at the first reading.
    pub rss_start_bytes: u64,
    /// Resident memory at the last reading.
    pub rss_end_bytes: u64,
    /// Highest resident memory.
    pub rss_peak_bytes: u64,
    /// Most threads at once.
    pub thread_count_peak: Option<u64>,
    /// Most open file descriptors at once.
    pub open_fd_count_peak: Option<u64>,
}

/// What the machine was used for over a run, by everything that ran on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HostSummary {
    /// CPU used over all cores, 0–1, averaged over time.
    pub cpu_ratio_mean: Option<f64>,
    /// Highest CPU between two readings, over all cores, 0–1.
    pub cpu_ratio_peak: Option<f64>,
    /// Cores.
    pub core_count: u32,
    /// Highest memory in use.
    pub memory_used_peak_bytes: u64,
    /// Memory there is.
    pub memory_total_bytes: u64,
}
