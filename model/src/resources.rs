//! What the samplers read, second by second.

mod cgroup;
mod machine;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cgroup::{CgroupSample, CgroupSummary};
pub use machine::{BusiestDisk, BusiestLink, FullestFileSystem, Pressure, PressureSample};

/// Which part of the system a group of processes is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The system under test.
    #[default]
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
    /// A target on another machine, by its metrics. Absent in the readings between two scrapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteSample>,
    /// The target's Postgres, asked over SQL.
    pub postgres: Option<PostgresSample>,
    /// The target's Redis, asked with `INFO`.
    pub redis: Option<RedisSample>,
}

impl ResourceSample {
    /// The reading of one process tree of this machine.
    pub fn process(&self, role: Role) -> Option<&ProcessSample> {
        self.processes.iter().find(|process| process.role == role)
    }

    /// The reading of one process tree, on this machine or, for the target, on another.
    pub fn process_anywhere(&self, role: Role) -> Option<&ProcessSample> {
        let elsewhere = || self.remote.as_ref()?.process.as_ref().filter(|process| process.role == role);
        self.process(role).or_else(elsewhere)
    }
}

/// One reading of a process tree: a process and all its descendants, summed. A figure that the system does
/// not tell (another user's process, another operating system) is absent, never zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Proportional set size, summed: memory shared between processes is divided among them, so that the sum is
    /// right. Dear to read, so every 30 s; absent in the readings between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pss_bytes: Option<u64>,
    /// The smallest limit on open file descriptors among its processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_fd_limit: Option<u64>,
    /// Open file descriptors of the process that is nearest to its own limit, as a share of that limit, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_fd_ratio: Option<f64>,
    /// How long its threads were ready to run and waited for a core, summed, in seconds, since the watch began.
    /// The wait of a thread or process that ended counts up to its last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_queue_delay_s: Option<f64>,
    /// Times a thread gave up its core to wait for something, since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voluntary_context_switches: Option<u64>,
    /// Times a thread was taken off its core while it had work, since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_context_switches: Option<u64>,
    /// Page faults that had to wait for storage, since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major_faults: Option<u64>,
    /// The limits of the control group that the root is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<CgroupSample>,
}

/// One scrape of the metrics of a target on another machine, every five seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RemoteSample {
    /// The process that serves the metrics (`process_*`), as [`Role::Target`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessSample>,
    /// The machine it runs on (`node_*`, as of `node_exporter`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostSample>,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// How much work stood still for want of cores, memory or storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<PressureSample>,
    /// CPU time that the hypervisor gave to other machines while this one had work, since the last reading, as a
    /// share of all cores, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_ratio: Option<f64>,
    /// CPU time in which a core was idle and a task waited for storage, since the last reading, as a share of all
    /// cores, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iowait_ratio: Option<f64>,
    /// TCP segments sent since the watch began, retransmitted ones left out (`OutSegs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_sent_segments: Option<u64>,
    /// TCP segments sent again since the watch began (`RetransSegs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_retransmits: Option<u64>,
    /// Connections that found a full accept queue, since the watch began (`ListenOverflows`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_overflows: Option<u64>,
    /// Connections that were dropped on their way into a listening socket, for whatever reason, since the watch
    /// began (`ListenDrops`; overflows are among them).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_drops: Option<u64>,
    /// The disk that was busiest since the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_disk: Option<BusiestDisk>,
    /// The network link that was nearest to its speed since the last reading. Absent where no interface states
    /// its speed, as on most virtual machines: then no use of the network can be stated as a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_link: Option<BusiestLink>,
    /// The file system with the least room left. Read every 30 s; absent in the readings between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fullest_file_system: Option<FullestFileSystem>,
    /// Bytes read back from swap since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_in_bytes: Option<u64>,
    /// Bytes written to swap since the watch began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_out_bytes: Option<u64>,
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
    /// Look-ups that found their key since the last reading, per second. Absent in the first reading and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyspace_hits_per_s: Option<f64>,
    /// Look-ups that did not find their key since the last reading, per second. Absent in the first reading and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyspace_misses_per_s: Option<f64>,
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
    /// The machine the target runs on, where it is another one and told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_host: Option<HostSummary>,
    /// Aforo's own threads, when they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<GeneratorSummary>,
    /// CPU time of the target for a request of the judged part, µs. Absent in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_cpu_per_request_us: Option<f64>,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Highest proportional set size: memory with what is shared between its processes counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pss_peak_bytes: Option<u64>,
    /// Most open file descriptors of one process as a share of its limit, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_fd_ratio_peak: Option<f64>,
    /// Share of the time in which its threads were ready to run that they waited for a core, 0–1, between the
    /// first and the last reading: 0.5 is as long waited as run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_queue_delay_ratio: Option<f64>,
    /// Times a second a thread was taken off its core while it had work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_context_switches_per_s: Option<f64>,
    /// Page faults that had to wait for storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major_faults: Option<u64>,
    /// The limits of its control group and what was had of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<CgroupSummary>,
}

/// What the machine was used for over a run, by everything that ran on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Highest pressure, each figure on its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure_peak: Option<PressureSample>,
    /// CPU time that the hypervisor gave to other machines, 0–1, averaged over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_ratio_mean: Option<f64>,
    /// CPU time idle while a task waited for storage, 0–1, averaged over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iowait_ratio_mean: Option<f64>,
    /// TCP segments that were sent again, per segment sent, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_retransmit_ratio: Option<f64>,
    /// TCP segments that were sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_retransmits: Option<u64>,
    /// Connections that found a full accept queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_overflows: Option<u64>,
    /// Connections that were dropped on their way into a listening socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_drops: Option<u64>,
    /// The disk at its busiest between two readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_disk_peak: Option<BusiestDisk>,
    /// The network link at its fullest between two readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busiest_link_peak: Option<BusiestLink>,
    /// Bytes received on all network interfaces. Absent where none tells, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_received_bytes: Option<u64>,
    /// Bytes sent on all network interfaces. Absent where none tells, and in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_sent_bytes: Option<u64>,
    /// The fullest file system at its last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fullest_file_system: Option<FullestFileSystem>,
    /// Bytes read back from swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_in_bytes: Option<u64>,
    /// Bytes written to swap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped_out_bytes: Option<u64>,
}
