//! Processes by direct reads of `/proc`: some microseconds for each process.

use std::fs::{self, File};
use std::io::{self, Read};

use nix::unistd::{SysconfVar, sysconf};

use super::source::{MOST_THREADS_READ, ProcessId, ProcessSource, Reading};
use super::stat::{Stat, parse_stat};

/// Linux' clock ticks per second on every architecture that is in use.
const USUAL_CLOCK_TICKS_PER_S: u64 = 100;
/// The page size of most machines.
const USUAL_PAGE_BYTES: u64 = 4_096;

/// `/proc` of this machine.
#[derive(Debug)]
pub(crate) struct LinuxSource {
    clock_ticks_per_s: u64,
    page_bytes: u64,
    /// Whether the kernel accounts I/O by process (`CONFIG_TASK_IO_ACCOUNTING`).
    tells_disk: bool,
    /// Whether the kernel lists children (`CONFIG_PROC_CHILDREN`).
    tells_children: bool,
    /// Whether the size of `/proc/PID/fd` is the number of its entries, as since Linux 6.2.
    tells_fd_count: bool,
    path: String,
    content: Vec<u8>,
}

impl LinuxSource {
    pub(crate) fn new() -> Self {
        let own_pid = std::process::id();
        Self {
            clock_ticks_per_s: system_value(SysconfVar::CLK_TCK).unwrap_or(USUAL_CLOCK_TICKS_PER_S),
            page_bytes: system_value(SysconfVar::PAGE_SIZE).unwrap_or(USUAL_PAGE_BYTES),
            tells_disk: fs::exists("/proc/self/io").unwrap_or(false),
            tells_children: fs::exists(format!("/proc/self/task/{own_pid}/children")).unwrap_or(false),
            tells_fd_count: fs::metadata("/proc/self/fd").is_ok_and(|directory| directory.len() > 0),
            path: String::new(),
            content: Vec::new(),
        }
    }

    fn ticks_to_us(&self, ticks: u64) -> u64 {
        ticks.saturating_mul(1_000_000) / self.clock_ticks_per_s
    }

    fn stat(&mut self, pid: u32) -> Option<Stat> {
        self.load(pid, "stat").ok()?;
        parse_stat(&self.content)
    }

    /// Bytes read from and written to storage; nothing when the system does not let us see them.
    ///
    /// # Errors
    /// When the process is gone.
    fn disk(&mut self, pid: u32) -> io::Result<Option<(u64, u64)>> {
        if !self.tells_disk {
            return Ok(None);
        }
        match self.load(pid, "io") {
            Ok(()) => Ok(parse_io(&self.content)),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open_fd_count(&mut self, pid: u32) -> Option<u64> {
        self.set_path(pid, "fd");
        if self.tells_fd_count {
            return fs::metadata(&self.path).ok().map(|directory| directory.len());
        }
        fs::read_dir(&self.path).ok().map(|entries| entries.count() as u64)
    }

    fn set_path(&mut self, pid: u32, file: &str) {
        use std::fmt::Write;
        self.path.clear();
        let written = write!(self.path, "/proc/{pid}/{file}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }

    fn load(&mut self, pid: u32, file: &str) -> io::Result<()> {
        self.set_path(pid, file);
        self.content.clear();
        File::open(&self.path)?.read_to_end(&mut self.content)?;
        Ok(())
    }

    fn append_children_of_thread(&mut self, pid: u32, thread: &str, children: &mut Vec<u32>) {
        // A thread that is gone has no children.
        if self.load(pid, &format!("task/{thread}/children")).is_ok() {
            let pids = self
                .content
                .split(u8::is_ascii_whitespace)
                .filter_map(|pid| std::str::from_utf8(pid).ok().and_then(|pid| pid.parse::<u32>().ok()));
            children.extend(pids);
        }
    }
}

impl ProcessSource for LinuxSource {
    /// The kernel adds both when the parent waits (`wait_task_zombie`).
    const PARENT_INHERITS_DISK: bool = true;

    fn now(&self) -> u64 {
        let uptime_s = fs::read_to_string("/proc/uptime")
            .ok()
            .and_then(|uptime| uptime.split_ascii_whitespace().next()?.parse::<f64>().ok())
            .unwrap_or(0.0);
        // Hundredths of a second are not exact in binary: cut off, some would lose a tick.
        (uptime_s * self.clock_ticks_per_s as f64).round() as u64
    }

    fn read(&mut self, pid: u32) -> Option<Reading> {
        let stat = self.stat(pid).filter(|stat| stat.state != b'X')?;
        let is_zombie = stat.state == b'Z';
        let (disk, open_fd_count) =
            if is_zombie { (None, None) } else { (self.disk(pid).ok()?, self.open_fd_count(pid)) };
        Some(Reading {
            id: ProcessId { pid, started: stat.started_ticks },
            parent: stat.parent,
            is_zombie,
            cpu_self_us: self.ticks_to_us(stat.self_ticks),
            cpu_waited_us: self.ticks_to_us(stat.waited_ticks),
            rss_bytes: stat.rss_pages.saturating_mul(self.page_bytes),
            thread_count: Some(stat.thread_count),
            open_fd_count,
            disk_read_bytes: disk.map(|(read, _)| read),
            disk_written_bytes: disk.map(|(_, written)| written),
            major_faults: Some(stat.major_faults),
        })
    }

    fn children(&mut self, process: &Reading, children: &mut Vec<u32>) -> bool {
        // The file is one of each thread; with so many, a full scan now and then costs less.
        let has_too_many_threads = process.thread_count.is_some_and(|count| count > MOST_THREADS_READ);
        if !self.tells_children || has_too_many_threads {
            return false;
        }
        let pid = process.id.pid;
        if process.thread_count == Some(1) {
            self.append_children_of_thread(pid, &pid.to_string(), children);
            return true;
        }
        self.set_path(pid, "task");
        for thread in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if let Some(thread) = thread.file_name().to_str() {
                self.append_children_of_thread(pid, thread, children);
            }
        }
        true
    }

    fn scan(&mut self) -> Vec<(u32, u32)> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.into_iter().filter_map(|pid| Some((pid, self.stat(pid)?.parent))).collect()
    }
}

fn system_value(name: SysconfVar) -> Option<u64> {
    sysconf(name).ok().flatten().and_then(|value| u64::try_from(value).ok()).filter(|&value| value > 0)
}

/// Bytes (read from, written to) storage out of `/proc/PID/io`.
fn parse_io(content: &[u8]) -> Option<(u64, u64)> {
    let content = std::str::from_utf8(content).ok()?;
    let field = |name: &str| {
        content
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.trim().parse::<u64>().ok())
    };
    Some((field("read_bytes")?, field("write_bytes")?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::processes::puppet::Puppet;

    #[test]
    fn io_is_storage_not_system_calls() {
        let content = b"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\ncancelled_write_bytes: 7\n";
        assert_eq!(parse_io(content), Some((5, 6)));
        assert_eq!(parse_io(b"read_bytes: 5\n"), None);
        assert_eq!(parse_io(b""), None);
    }

    #[test]
    fn a_process_that_is_not_there_has_no_reading() {
        // Above the kernel's highest pid, 2^22.
        assert_eq!(LinuxSource::new().read(u32::MAX), None);
    }

    #[test]
    fn the_reading_of_oneself_agrees_with_what_one_knows() {
        let mut source = LinuxSource::new();
        let reading = source.read(std::process::id()).unwrap();
        assert_eq!(reading.parent, std::os::unix::process::parent_id());
        assert!(!reading.is_zombie);
        assert!(reading.rss_bytes > 100_000);
        assert!(reading.id.started <= source.now());
    }

    #[test]
    fn a_full_scan_finds_oneself_under_ones_parent() {
        let own = (std::process::id(), std::os::unix::process::parent_id());
        assert!(LinuxSource::new().scan().contains(&own));
    }

    #[test]
    fn descriptors_are_counted_alike_by_size_and_by_entries() {
        let mut puppet = Puppet::start();
        puppet.tell("open 5");
        let mut source = LinuxSource::new();
        let at_best = source.open_fd_count(puppet.pid()).unwrap();
        source.tells_fd_count = false;
        assert_eq!(source.open_fd_count(puppet.pid()), Some(at_best));
        assert!(at_best >= 5);
    }

    proptest! {
        #[test]
        fn any_io_file_is_read_without_panic(content in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse_io(&content);
        }
    }
}
