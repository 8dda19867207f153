//! The machine as a whole.

#[cfg(target_os = "linux")]
mod kernel;
mod room;
mod traffic;

use std::time::Instant;

use aforo_model::HostSample;
#[cfg(target_os = "linux")]
use kernel::Kernel;
use room::Room;
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind, System};
use traffic::{DiskTraffic, NetworkTraffic, Traffic};

/// Reads the machine. Only what a [`HostSample`] holds is refreshed: about 0.4 ms of CPU a reading.
pub(crate) struct Host {
    system: System,
    disks: DiskTraffic,
    networks: NetworkTraffic,
    room: Room,
    #[cfg(target_os = "linux")]
    kernel: Kernel,
    read_at: Option<Instant>,
}

impl Host {
    /// Starts to watch the machine; nothing where the system is not known to `sysinfo`.
    pub(crate) fn new() -> Option<Self> {
        let system = System::new().ok()?;
        Some(Self {
            system,
            disks: DiskTraffic::new(),
            networks: NetworkTraffic::new(),
            room: Room::default(),
            #[cfg(target_os = "linux")]
            kernel: Kernel::new(),
            read_at: None,
        })
    }

    /// Reads the machine; nothing when the system does not tell its load.
    pub(crate) fn read(&mut self) -> Option<HostSample> {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let disk = self.disks.read();
        let network = self.networks.read();
        let now = Instant::now();
        let since_last = self.read_at.replace(now).map(|before| now - before);
        // Sooner than this, `sysinfo` repeats what it said before.
        let is_new = since_last.is_some_and(|since| since >= MINIMUM_CPU_UPDATE_INTERVAL);
        let cpu_ratio = f64::from(self.system.global_cpu_usage()) / 100.0;
        #[cfg_attr(
            not(target_os = "linux"),
            expect(unused_mut, reason = "only the kernel of Linux adds to it")
        )]
        let mut sample = HostSample {
            cpu_ratio: (is_new && cpu_ratio.is_finite()).then(|| cpu_ratio.clamp(0.0, 1.0)),
            core_count: u32::try_from(self.system.cpus().len()).unwrap_or(u32::MAX),
            load_1m: System::load_average().ok()?.one,
            memory_used_bytes: self.system.used_memory(),
            memory_total_bytes: self.system.total_memory(),
            swap_used_bytes: self.system.used_swap(),
            disk_read_bytes: disk.map(|Traffic { inward_bytes, .. }| inward_bytes),
            disk_written_bytes: disk.map(|Traffic { outward_bytes, .. }| outward_bytes),
            network_received_bytes: network.map(|Traffic { inward_bytes, .. }| inward_bytes),
            network_sent_bytes: network.map(|Traffic { outward_bytes, .. }| outward_bytes),
            fullest_file_system: self.room.read(),
            ..HostSample::default()
        };
        #[cfg(target_os = "linux")]
        self.kernel.read(now, &mut sample);
        Some(sample)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_first_reading_is_the_base_line() {
        let sample = Host::new().unwrap().read().unwrap();
        println!("{sample:?}");
        assert_eq!(sample.cpu_ratio, None);
        assert!(sample.core_count > 0);
        assert!(sample.memory_used_bytes > 0 && sample.memory_used_bytes < sample.memory_total_bytes);
        assert_eq!(sample.network_received_bytes.unwrap_or(0), 0);
        assert_eq!(sample.disk_written_bytes.unwrap_or(0), 0);
    }

    #[test]
    fn traffic_over_loopback_counts_both_ways() {
        const SENT_BYTES: u64 = 3_000_000;
        let mut host = Host::new().unwrap();
        host.read().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (receiver, _) = listener.accept().unwrap();
        let writer = std::thread::spawn(move || sender.write_all(&vec![7; SENT_BYTES as usize]).unwrap());
        receiver.take(SENT_BYTES).read_to_end(&mut Vec::new()).unwrap();
        writer.join().unwrap();
        let sample = host.read().unwrap();
        assert!(sample.network_received_bytes.unwrap() >= SENT_BYTES, "{sample:?}");
        assert!(sample.network_sent_bytes.unwrap() >= SENT_BYTES, "{sample:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_reading_costs_is_shown() {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike;

        const READINGS: u32 = 60;
        let cpu_us = || {
            let usage = getrusage(UsageWho::RUSAGE_THREAD).unwrap();
            usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
        };
        let mut host = Host::new().unwrap();
        let before_us = cpu_us();
        for _ in 0..READINGS {
            host.read().unwrap();
        }
        // A figure to look at; how fast the machine is, is no test.
        println!("{} us of CPU a reading", (cpu_us() - before_us) / i64::from(READINGS));
    }

    #[test]
    fn cpu_use_is_a_share_of_all_cores_and_is_not_stated_too_soon() {
        let mut host = Host::new().unwrap();
        assert_eq!(host.read().unwrap().cpu_ratio, None);
        assert_eq!(host.read().unwrap().cpu_ratio, None);
        let last = Instant::now();
        while last.elapsed() < 2 * MINIMUM_CPU_UPDATE_INTERVAL {}
        let cpu_ratio = host.read().unwrap().cpu_ratio.unwrap();
        // This thread alone kept one core busy, as far as it was let.
        assert!(cpu_ratio > 0.0 && cpu_ratio <= 1.0, "{cpu_ratio}");
    }
}
