//! The standard `process_*` metrics, read from `/proc` at each scrape. Where there is no `/proc` there are none.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks a second in `/proc/*/stat`: `USER_HZ`, 100 on every Linux that Rust's standard library runs on.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug)]
pub(crate) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(process) = Process::read() else { return Ok(()) };
        let cpu = ConstCounter::new(process.cpu_seconds);
        cpu.encode(encoder.encode_descriptor(
            "process_cpu_seconds",
            "User and system CPU time",
            None,
            cpu.metric_type(),
        )?)?;
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory", process.rss_bytes),
            ("process_open_fds", "Open file descriptors", process.open_fds),
            ("process_max_fds", "Most file descriptors that may be open", process.max_fds),
            ("process_threads", "Threads", process.threads),
            ("process_start_time_seconds", "Start time since the epoch", process.start_time_seconds),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
struct Process {
    cpu_seconds: f64,
    rss_bytes: f64,
    open_fds: f64,
    max_fds: f64,
    threads: f64,
    start_time_seconds: f64,
}

impl Process {
    fn read() -> Option<Self> {
        let open_fds = fs::read_dir("/proc/self/fd").ok()?.count() as f64;
        Self::parse(
            &fs::read_to_string("/proc/self/stat").ok()?,
            &fs::read_to_string("/proc/self/status").ok()?,
            &fs::read_to_string("/proc/self/limits").ok()?,
            &fs::read_to_string("/proc/stat").ok()?,
            open_fds,
        )
    }

    fn parse(stat: &str, status: &str, limits: &str, host: &str, open_fds: f64) -> Option<Self> {
        // The name is in parentheses and may hold anything; what follows the last one are numbered fields from 3 on.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let boot_time_seconds: f64 = after(host, "btime")?.parse().ok()?;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / TICKS_PER_SECOND,
            rss_bytes: after(status, "VmRSS:")?.parse::<f64>().ok()? * 1024.0,
            open_fds,
            // "unlimited" is no number.
            max_fds: after(limits, "Max open files")?.parse().unwrap_or(f64::INFINITY),
            threads: field(20)?,
            start_time_seconds: boot_time_seconds + field(22)? / TICKS_PER_SECOND,
        })
    }
}

/// The first word after `label`, on the line that begins with it.
fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_a_hostile_name() {
        let stat = "7 (a) R (x) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 12345 1000 200 0";
        let status = "Name:\ta\nVmRSS:\t  2048 kB\n";
        let limits =
            "Limit Soft Hard\nMax open files            1024                 4096                 files\n";
        let process = Process::parse(stat, status, limits, "cpu 1 2\nbtime 1000\n", 12.0).unwrap();
        let expected = Process {
            cpu_seconds: 2.0,
            rss_bytes: 2_097_152.0,
            open_fds: 12.0,
            max_fds: 1024.0,
            threads: 9.0,
            start_time_seconds: 1123.45,
        };
        assert_eq!(process, expected);
        assert_eq!(Process::parse("", status, limits, "", 0.0), None);
    }
}
