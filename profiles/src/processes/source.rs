//! What an operating system tells of one process.

/// The most threads of one process of which files are read one by one, at some microseconds each: a process
/// with more is read as a whole only, and what only its threads tell is absent.
pub(crate) const MOST_THREADS_READ: u64 = 256;

/// A process for good: its pid may pass to another process, which then started at another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ProcessId {
    /// The number it has now.
    pub(crate) pid: u32,
    /// When it started, in the source's own unit and from the source's own zero.
    pub(crate) started: u64,
}

/// One reading of one process, its counters counted from its own start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Which process it is.
    pub(crate) id: ProcessId,
    /// The pid of its parent now.
    pub(crate) parent: u32,
    /// Whether it has ended and only waits for its parent to take note.
    pub(crate) is_zombie: bool,
    /// CPU time of its own threads, living and ended.
    pub(crate) cpu_self_us: u64,
    /// CPU time of its ended children that it waited for, with theirs. Zero where the system does not tell.
    pub(crate) cpu_waited_us: u64,
    /// Resident memory.
    pub(crate) rss_bytes: u64,
    /// Threads.
    pub(crate) thread_count: Option<u64>,
    /// Open file descriptors.
    pub(crate) open_fd_count: Option<u64>,
    /// Bytes read from storage.
    pub(crate) disk_read_bytes: Option<u64>,
    /// Bytes written to storage.
    pub(crate) disk_written_bytes: Option<u64>,
    /// Page faults that had to wait for storage.
    pub(crate) major_faults: Option<u64>,
}

/// An operating system's view of its processes. Linux has its own; the others share `sysinfo`'s.
pub(crate) trait ProcessSource {
    /// Whether a parent's disk counters take in those of the children it waited for.
    const PARENT_INHERITS_DISK: bool;

    /// The present, in the unit of [`ProcessId::started`].
    fn now(&self) -> u64;

    /// Reads one process; nothing when there is none, or when it went while it was read.
    fn read(&mut self, pid: u32) -> Option<Reading>;

    /// Appends the children of a process. False when the system cannot tell them without a full scan.
    fn children(&mut self, process: &Reading, children: &mut Vec<u32>) -> bool;

    /// All processes as (pid, parent's pid). Dear: only for systems that cannot tell the children.
    fn scan(&mut self) -> Vec<(u32, u32)>;
}
