//! The machine of a target, by the metrics of `node_exporter`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use aforo_model::{BusiestDisk, BusiestLink, FullestFileSystem, HostSample, Pressure, PressureSample};

use super::counter::{Counter, Elapsed, growth_of};
use super::exposition::Metrics;

/// File systems in memory and images that are always full: neither runs out of room.
const NOT_STORAGE: [&str; 6] = ["tmpfs", "ramfs", "devtmpfs", "squashfs", "iso9660", "erofs"];

/// What a restart of the machine may seem to move its boot time by.
const BOOT_TIME_SLACK_S: f64 = 2.0;

/// A machine that is told of, over its restarts.
#[derive(Debug, Default)]
pub(super) struct RemoteHost {
    boot_time_s: Option<f64>,
    counters: HostCounters,
    elapsed: Elapsed,
    before: Option<Times>,
}

#[derive(Debug, Default)]
struct HostCounters {
    disk_read: Counter,
    disk_written: Counter,
    network_received: Counter,
    network_sent: Counter,
    sent_segments: Counter,
    retransmits: Counter,
    listen_overflows: Counter,
    listen_drops: Counter,
}

/// Counters of seconds that become shares of the time between two scrapes.
#[derive(Debug, Clone, Default)]
struct Times {
    cpu_total_s: f64,
    cpu_idle_s: f64,
    iowait_s: f64,
    steal_s: f64,
    /// By device: time at work, and time of all requests summed.
    disks: BTreeMap<String, (f64, f64)>,
    /// By device that states its speed: bytes received and sent.
    links: BTreeMap<String, Link>,
    /// By the name of the metric.
    pressure: BTreeMap<&'static str, f64>,
}

/// A network interface, with its speed in bytes a second.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    received_bytes: f64,
    sent_bytes: f64,
    speed_bytes_per_s: f64,
}

const CPU_WAITING: &str = "node_pressure_cpu_waiting_seconds_total";
const MEMORY_WAITING: &str = "node_pressure_memory_waiting_seconds_total";
const MEMORY_STALLED: &str = "node_pressure_memory_stalled_seconds_total";
const IO_WAITING: &str = "node_pressure_io_waiting_seconds_total";
const IO_STALLED: &str = "node_pressure_io_stalled_seconds_total";

impl RemoteHost {
    /// The machine now; nothing when the page does not tell its cores, load and memory.
    pub(super) fn advance(&mut self, now: Instant, metrics: &Metrics) -> Option<HostSample> {
        let whole = |name| metrics.only(name).map(|value| value as u64);
        let cores: BTreeSet<_> = metrics
            .series("node_cpu_seconds_total")
            .iter()
            .filter_map(|series| series.label("cpu"))
            .collect();
        let load_1m = metrics.only("node_load1").filter(|_| !cores.is_empty())?;
        let memory_total_bytes = whole("node_memory_MemTotal_bytes")?;
        let memory_available_bytes = whole("node_memory_MemAvailable_bytes")?;
        self.notice_restart(metrics);
        let mut sample = HostSample {
            core_count: u32::try_from(cores.len()).unwrap_or(u32::MAX),
            load_1m,
            memory_total_bytes,
            memory_used_bytes: memory_total_bytes.saturating_sub(memory_available_bytes),
            swap_used_bytes: whole("node_memory_SwapTotal_bytes")
                .unwrap_or(0)
                .saturating_sub(whole("node_memory_SwapFree_bytes").unwrap_or(0)),
            fullest_file_system: fullest(metrics),
            ..HostSample::default()
        };
        self.counters.advance(metrics, &mut sample);
        let times = Times::of(metrics);
        let elapsed_s = self.elapsed.advance(now);
        if let (Some(before), Some(elapsed_s)) = (self.before.replace(times.clone()), elapsed_s) {
            times.since(&before, elapsed_s, &mut sample);
        }
        Some(sample)
    }

    fn notice_restart(&mut self, metrics: &Metrics) {
        let Some(now_s) = metrics.only("node_boot_time_seconds") else { return };
        let before_s = self.boot_time_s.replace(now_s);
        if before_s.is_some_and(|before_s| (now_s - before_s).abs() > BOOT_TIME_SLACK_S) {
            self.counters.restart();
            self.before = None;
        }
    }
}

impl HostCounters {
    fn advance(&mut self, metrics: &Metrics, sample: &mut HostSample) {
        let grown = |counter, name| growth_of(counter, metrics, name);
        sample.disk_read_bytes = grown(&mut self.disk_read, "node_disk_read_bytes_total");
        sample.disk_written_bytes = grown(&mut self.disk_written, "node_disk_written_bytes_total");
        sample.network_received_bytes = grown(&mut self.network_received, "node_network_receive_bytes_total");
        sample.network_sent_bytes = grown(&mut self.network_sent, "node_network_transmit_bytes_total");
        sample.tcp_sent_segments = grown(&mut self.sent_segments, "node_netstat_Tcp_OutSegs");
        sample.tcp_retransmits = grown(&mut self.retransmits, "node_netstat_Tcp_RetransSegs");
        sample.listen_overflows = grown(&mut self.listen_overflows, "node_netstat_TcpExt_ListenOverflows");
        sample.listen_drops = grown(&mut self.listen_drops, "node_netstat_TcpExt_ListenDrops");
    }

    fn restart(&mut self) {
        for counter in [
            &mut self.disk_read,
            &mut self.disk_written,
            &mut self.network_received,
            &mut self.network_sent,
            &mut self.sent_segments,
            &mut self.retransmits,
            &mut self.listen_overflows,
            &mut self.listen_drops,
        ] {
            counter.restart();
        }
    }
}

impl Times {
    fn of(metrics: &Metrics) -> Self {
        let mut times = Self::default();
        for series in metrics.series("node_cpu_seconds_total") {
            times.cpu_total_s += series.value;
            match series.label("mode") {
                Some("idle") => times.cpu_idle_s += series.value,
                Some("iowait") => times.iowait_s += series.value,
                Some("steal") => times.steal_s += series.value,
                _ => {}
            }
        }
        for series in metrics.series("node_disk_io_time_seconds_total") {
            times.disks.entry(series.label("device").unwrap_or_default().to_owned()).or_default().0 =
                series.value;
        }
        for series in metrics.series("node_disk_io_time_weighted_seconds_total") {
            times.disks.entry(series.label("device").unwrap_or_default().to_owned()).or_default().1 =
                series.value;
        }
        // Below zero, the interface does not know.
        let speeds = metrics.series("node_network_speed_bytes").iter().filter(|speed| speed.value > 0.0);
        for speed in speeds {
            let device = speed.label("device").unwrap_or_default();
            let of_device = |name| {
                let series = metrics.series(name).iter();
                series
                    .filter(|series| series.label("device") == Some(device))
                    .map(|series| series.value)
                    .next()
            };
            let received = of_device("node_network_receive_bytes_total");
            let sent = of_device("node_network_transmit_bytes_total");
            if let (Some(received_bytes), Some(sent_bytes)) = (received, sent) {
                let link = Link { received_bytes, sent_bytes, speed_bytes_per_s: speed.value };
                times.links.insert(device.to_owned(), link);
            }
        }
        for name in [CPU_WAITING, MEMORY_WAITING, MEMORY_STALLED, IO_WAITING, IO_STALLED] {
            times.pressure.extend(metrics.only(name).map(|value| (name, value)));
        }
        times
    }

    /// Adds the shares of the time since an earlier scrape.
    fn since(&self, before: &Self, elapsed_s: f64, sample: &mut HostSample) {
        let total_s = self.cpu_total_s - before.cpu_total_s;
        // Below zero, a core was taken away or a counter started anew.
        let of_cpu = |now_s: f64, before_s: f64| {
            let ratio = (now_s - before_s) / total_s;
            (total_s > 0.0 && (0.0..=1.0).contains(&ratio)).then_some(ratio)
        };
        sample.iowait_ratio = of_cpu(self.iowait_s, before.iowait_s);
        sample.steal_ratio = of_cpu(self.steal_s, before.steal_s);
        let idle_ratio = of_cpu(self.cpu_idle_s + self.iowait_s, before.cpu_idle_s + before.iowait_s);
        sample.cpu_ratio = idle_ratio.map(|idle_ratio| 1.0 - idle_ratio);
        sample.busiest_disk = self.busiest_disk(before, elapsed_s);
        sample.busiest_link = self.busiest_link(before, elapsed_s);
        let ratio = |name| {
            let grown_s = self.pressure.get(name)? - before.pressure.get(name)?;
            (grown_s >= 0.0).then(|| (grown_s / elapsed_s).min(1.0))
        };
        let pressure = |some, full: Option<&'static str>| {
            Some(Pressure { some_ratio: ratio(some)?, full_ratio: full.and_then(ratio) })
        };
        let all = PressureSample {
            cpu: pressure(CPU_WAITING, None),
            memory: pressure(MEMORY_WAITING, Some(MEMORY_STALLED)),
            io: pressure(IO_WAITING, Some(IO_STALLED)),
        };
        sample.pressure = (all != PressureSample::default()).then_some(all);
    }

    fn busiest_disk(&self, before: &Self, elapsed_s: f64) -> Option<BusiestDisk> {
        let grown = self.disks.iter().filter_map(|(name, &(busy_s, queue_s))| {
            let &(busy_before_s, queue_before_s) = before.disks.get(name)?;
            Some(BusiestDisk {
                name: name.clone(),
                busy_ratio: ((busy_s - busy_before_s) / elapsed_s).min(1.0),
                queue_length: (queue_s - queue_before_s) / elapsed_s,
            })
        });
        let grown = grown.filter(|disk| disk.busy_ratio >= 0.0 && disk.queue_length >= 0.0);
        grown.max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio))
    }
}

impl Times {
    /// The link nearest to its speed, by the direction that was used more.
    fn busiest_link(&self, before: &Self, elapsed_s: f64) -> Option<BusiestLink> {
        let used = self.links.iter().filter_map(|(name, link)| {
            let before = before.links.get(name)?;
            let received = link.received_bytes - before.received_bytes;
            let sent = link.sent_bytes - before.sent_bytes;
            // Below zero, the interface started anew.
            let is_known = received >= 0.0 && sent >= 0.0;
            is_known.then(|| BusiestLink {
                name: name.clone(),
                busy_ratio: (received.max(sent) / elapsed_s / link.speed_bytes_per_s).min(1.0),
                speed_bytes_per_s: link.speed_bytes_per_s as u64,
            })
        });
        used.max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio))
    }
}

fn fullest(metrics: &Metrics) -> Option<FullestFileSystem> {
    let available = metrics.series("node_filesystem_avail_bytes");
    let file_systems = metrics.series("node_filesystem_size_bytes").iter().filter_map(|size| {
        let available = available.iter().find(|series| series.labels == size.labels)?;
        let is_storage = !NOT_STORAGE.contains(&size.label("fstype").unwrap_or_default());
        (is_storage && size.value > 0.0).then(|| FullestFileSystem {
            mount_point: size.label("mountpoint").unwrap_or_default().to_owned(),
            total_bytes: size.value as u64,
            available_bytes: available.value as u64,
        })
    });
    let room_ratio = |one: &FullestFileSystem| one.available_bytes as f64 / one.total_bytes as f64;
    file_systems.min_by(|one, other| room_ratio(one).total_cmp(&room_ratio(other)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::exposition::parse_metrics;
    use super::*;

    const NODE: &str = include_str!("fixtures/node.metrics");

    fn metrics(page: &str) -> Metrics {
        parse_metrics(page, |name| name.starts_with("node_")).unwrap()
    }

    /// Ten seconds of machine time later, of two cores.
    fn later() -> String {
        NODE.replace("mode=\"idle\"} 800", "mode=\"idle\"} 804")
            .replace("mode=\"iowait\"} 50", "mode=\"iowait\"} 51")
            .replace("mode=\"steal\"} 10", "mode=\"steal\"} 12")
            .replace("mode=\"user\"} 140", "mode=\"user\"} 143")
            .replace("mode=\"user\"} 100", "mode=\"user\"} 110")
            .replace(
                "io_time_seconds_total{device=\"nvme0n1\"} 30",
                "io_time_seconds_total{device=\"nvme0n1\"} 35",
            )
            .replace("nvme0n1\"} 60", "nvme0n1\"} 80")
            .replace("cpu_waiting_seconds_total 20", "cpu_waiting_seconds_total 22.5")
            .replace("RetransSegs 70", "RetransSegs 75")
            .replace("eth0\"} 5000", "eth0\"} 5500")
    }

    #[test]
    fn the_first_scrape_is_the_base_line() {
        let mut host = RemoteHost::default();
        let sample = host.advance(Instant::now(), &metrics(NODE)).unwrap();
        assert_eq!((sample.core_count, sample.load_1m, sample.cpu_ratio), (2, 0.75, None));
        assert_eq!((sample.memory_used_bytes, sample.swap_used_bytes), (2_000_000_000, 500_000_000));
        assert_eq!((sample.tcp_retransmits, sample.disk_read_bytes), (Some(0), Some(0)));
        assert_eq!(sample.fullest_file_system.unwrap().mount_point, "/");
        assert_eq!((sample.pressure, sample.busiest_disk), (None, None));
    }

    #[test]
    fn the_second_tells_shares_of_the_time_between() {
        let mut host = RemoteHost::default();
        let began = Instant::now();
        host.advance(began, &metrics(NODE));
        let sample = host.advance(began + Duration::from_secs(10), &metrics(&later())).unwrap();
        assert_eq!(
            (sample.cpu_ratio, sample.iowait_ratio, sample.steal_ratio),
            (Some(0.75), Some(0.05), Some(0.1))
        );
        assert_eq!((sample.tcp_retransmits, sample.network_received_bytes), (Some(5), Some(500)));
        let disk = sample.busiest_disk.unwrap();
        assert_eq!((disk.busy_ratio, disk.queue_length), (0.5, 2.0));
        let link = sample.busiest_link.unwrap();
        assert_eq!((link.name.as_str(), link.busy_ratio, link.speed_bytes_per_s), ("eth0", 0.5, 100));
        let pressure = sample.pressure.unwrap();
        assert_eq!(pressure.cpu, Some(Pressure { some_ratio: 0.25, full_ratio: None }));
        assert_eq!(pressure.io, Some(Pressure { some_ratio: 0.0, full_ratio: Some(0.0) }));
    }

    #[test]
    fn a_link_that_does_not_know_its_speed_has_no_share() {
        for unknown in ["-125000", "0", "NaN"] {
            let page = |page: &str| {
                page.replace(
                    "speed_bytes{device=\"eth0\"} 100",
                    &format!("speed_bytes{{device=\"eth0\"}} {unknown}"),
                )
            };
            let mut host = RemoteHost::default();
            let began = Instant::now();
            host.advance(began, &metrics(&page(NODE)));
            let sample = host.advance(began + Duration::from_secs(10), &metrics(&page(&later()))).unwrap();
            assert_eq!((sample.busiest_link, sample.network_received_bytes), (None, Some(500)), "{unknown}");
        }
    }

    #[test]
    fn a_restarted_machine_goes_on_from_where_it_was() {
        let mut host = RemoteHost::default();
        let began = Instant::now();
        host.advance(began, &metrics(NODE));
        let restarted = later().replace("1.7637e+09", "1.7638e+09");
        let sample = host.advance(began + Duration::from_secs(10), &metrics(&restarted)).unwrap();
        assert_eq!((sample.tcp_retransmits, sample.cpu_ratio), (Some(75), None));
    }

    #[test]
    fn a_page_without_a_machine_has_none() {
        let without =
            |line: &str| NODE.lines().filter(|known| !known.starts_with(line)).collect::<Vec<_>>().join("\n");
        for line in ["node_load1", "node_cpu", "node_memory_MemTotal"] {
            assert_eq!(
                RemoteHost::default().advance(Instant::now(), &metrics(&without(line))),
                None,
                "{line}"
            );
        }
        assert_eq!(RemoteHost::default().advance(Instant::now(), &Metrics::default()), None);
    }
}
