//! Processes through `sysinfo`, for systems without `/proc`: only the watched ones are refreshed.

use std::time::{SystemTime, UNIX_EPOCH};

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use super::source::{ProcessId, ProcessSource, Reading};

/// The processes as `sysinfo` sees them. It does not tell what ended children used nor, but on Linux, threads;
/// the children's CPU time is then kept as last read.
#[derive(Debug)]
pub(crate) struct PortableSource {
    /// Nothing where `sysinfo` does not know the system.
    system: Option<System>,
}

impl PortableSource {
    pub(crate) fn new() -> Self {
        Self { system: System::new().ok() }
    }
}

impl ProcessSource for PortableSource {
    const PARENT_INHERITS_DISK: bool = false;

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn read(&mut self, pid: u32) -> Option<Reading> {
        let system = self.system.as_mut()?;
        let pid = Pid::from_u32(pid);
        let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory().with_disk_usage().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, wanted);
        let process = system.process(pid)?;
        let disk = process.disk_usage();
        Some(Reading {
            id: ProcessId { pid: pid.as_u32(), started: process.start_time() },
            parent: process.parent().map_or(0, Pid::as_u32),
            is_zombie: process.status() == ProcessStatus::Zombie,
            cpu_self_us: process.accumulated_cpu_time().saturating_mul(1_000),
            cpu_waited_us: 0,
            rss_bytes: process.memory(),
            thread_count: process.tasks().map(|tasks| tasks.len() as u64),
            open_fd_count: process.open_files().map(|count| count as u64),
            disk_read_bytes: Some(disk.total_read_bytes),
            disk_written_bytes: Some(disk.total_written_bytes),
            major_faults: None,
        })
    }

    fn children(&mut self, _process: &Reading, _children: &mut Vec<u32>) -> bool {
        false
    }

    fn scan(&mut self) -> Vec<(u32, u32)> {
        let Some(system) = self.system.as_mut() else { return Vec::new() };
        let nothing = ProcessRefreshKind::nothing().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, nothing);
        let parents = system.processes().iter();
        parents.filter_map(|(pid, process)| Some((pid.as_u32(), process.parent()?.as_u32()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_oneself_and_finds_oneself_in_a_scan() {
        let mut source = PortableSource::new();
        let reading = source.read(std::process::id()).unwrap();
        assert!(reading.rss_bytes > 100_000);
        assert!(reading.id.started <= source.now());
        assert!(source.scan().contains(&(std::process::id(), reading.parent)));
    }

    #[test]
    fn a_process_that_is_not_there_has_no_reading() {
        assert_eq!(PortableSource::new().read(u32::MAX - 1), None);
    }
}
