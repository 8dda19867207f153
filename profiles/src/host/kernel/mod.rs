//! What Linux counts of the machine beyond what `sysinfo` tells: pressure, lost CPU time, TCP's troubles, busy
//! disks and links, swapping. About 0.2 ms of CPU a reading.

mod devices;
mod network;
mod pressure;
mod time;

use std::fs;
use std::time::Instant;

use aforo_model::HostSample;
use devices::{Disks, Links};
use network::TcpCounters;
use nix::unistd::{SysconfVar, sysconf};
use pressure::read_pressure;
use time::CpuTimes;

use crate::counter::Growth;

/// The page size of most machines.
const USUAL_PAGE_BYTES: u64 = 4_096;

/// Reads the files of the kernel. One that is not there leaves its figures out.
pub(super) struct Kernel {
    page_bytes: u64,
    cpu_times: Option<CpuTimes>,
    disks: Disks,
    links: Links,
    sent_segments: Growth,
    retransmits: Growth,
    listen_overflows: Growth,
    listen_drops: Growth,
    swapped_in_pages: Growth,
    swapped_out_pages: Growth,
}

impl Kernel {
    pub(super) fn new() -> Self {
        let page_bytes = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Self {
            page_bytes: page_bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(USUAL_PAGE_BYTES),
            cpu_times: None,
            disks: Disks::of_this_machine(),
            links: Links::of_this_machine(),
            sent_segments: Growth::default(),
            retransmits: Growth::default(),
            listen_overflows: Growth::default(),
            listen_drops: Growth::default(),
            swapped_in_pages: Growth::default(),
            swapped_out_pages: Growth::default(),
        }
    }

    /// Adds to the sample what the kernel tells now.
    pub(super) fn read(&mut self, now: Instant, sample: &mut HostSample) {
        sample.pressure = read_pressure();
        if let Some(times) = file("/proc/stat").and_then(|stat| time::parse_cpu_times(&stat)) {
            let lost = self.cpu_times.replace(times).and_then(|before| times.since(before));
            sample.steal_ratio = lost.map(|lost| lost.steal_ratio);
            sample.iowait_ratio = lost.map(|lost| lost.iowait_ratio);
        }
        self.read_tcp(sample);
        if let Some(vmstat) = file("/proc/vmstat") {
            let counted = |name| network::value(&vmstat, name);
            let bytes = |pages: u64| pages.saturating_mul(self.page_bytes);
            sample.swapped_in_bytes =
                counted("pswpin").map(|pages| bytes(self.swapped_in_pages.advance(pages)));
            sample.swapped_out_bytes =
                counted("pswpout").map(|pages| bytes(self.swapped_out_pages.advance(pages)));
        }
        sample.busiest_disk = file("/proc/diskstats").and_then(|stats| self.disks.busiest(now, &stats));
        sample.busiest_link = self.links.busiest(now);
    }

    fn read_tcp(&mut self, sample: &mut HostSample) {
        let snmp = file("/proc/net/snmp").unwrap_or_default();
        let netstat = file("/proc/net/netstat").unwrap_or_default();
        let tcp = TcpCounters::of(&snmp, &netstat);
        sample.tcp_sent_segments = tcp.sent_segments.map(|count| self.sent_segments.advance(count));
        sample.tcp_retransmits = tcp.retransmits.map(|count| self.retransmits.advance(count));
        sample.listen_overflows = tcp.listen_overflows.map(|count| self.listen_overflows.advance(count));
        sample.listen_drops = tcp.listen_drops.map(|count| self.listen_drops.advance(count));
    }
}

fn file(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_reading_is_the_base_line_and_the_second_tells_shares() {
        let mut kernel = Kernel::new();
        let began = Instant::now();
        let mut first = HostSample::default();
        kernel.read(began, &mut first);
        assert_eq!((first.steal_ratio, first.iowait_ratio), (None, None));
        assert!(first.busiest_disk.is_none() && first.busiest_link.is_none(), "{first:?}");
        for counter in [first.tcp_retransmits, first.listen_overflows, first.swapped_in_bytes] {
            assert_eq!(counter.unwrap_or(0), 0);
        }
        // A tick of the kernel is 10 ms.
        while began.elapsed() < Duration::from_millis(100) {
            std::hint::spin_loop();
        }
        let mut second = HostSample::default();
        kernel.read(Instant::now(), &mut second);
        for ratio in [second.steal_ratio, second.iowait_ratio] {
            assert!(ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)), "{second:?}");
        }
        assert!(second.busiest_disk.is_none_or(|disk| disk.busy_ratio <= 1.0));
    }
}
