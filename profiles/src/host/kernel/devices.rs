//! How busy disks and network links are.

use std::collections::HashMap;
use std::fs;
use std::time::Instant;

use aforo_model::{BusiestDisk, BusiestLink};

/// Block devices that are no disk: files, memory.
const NOT_DISKS: [&str; 3] = ["loop", "ram", "zram"];

/// The disks of the machine, with their last reading. Partitions are left out: they are parts of a disk.
pub(super) struct Disks {
    names: Vec<String>,
    before: Option<(Instant, HashMap<String, DiskTimes>)>,
}

/// What a disk did since the machine started, in ms (the kernel's `iostats`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DiskTimes {
    /// Time with at least one request.
    busy_ms: u64,
    /// Time of all requests, summed.
    queue_ms: u64,
}

impl Disks {
    pub(super) fn of_this_machine() -> Self {
        let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
        let names = devices.filter_map(|device| device.file_name().into_string().ok());
        Self::named(names.filter(|name| !NOT_DISKS.iter().any(|prefix| name.starts_with(prefix))).collect())
    }

    fn named(names: Vec<String>) -> Self {
        Self { names, before: None }
    }

    /// The busiest disk since the last reading of `/proc/diskstats`.
    pub(super) fn busiest(&mut self, now: Instant, diskstats: &str) -> Option<BusiestDisk> {
        let disks = diskstats.lines().filter_map(parse_disk);
        let disks: HashMap<_, _> = disks
            .filter(|(name, _)| self.names.iter().any(|known| known == name))
            .map(|(name, times)| (name.to_owned(), times))
            .collect();
        let (before_at, before) = self.before.replace((now, disks.clone()))?;
        let elapsed_ms = now.saturating_duration_since(before_at).as_secs_f64() * 1e3;
        let grown = disks.into_iter().filter_map(|(name, after)| {
            let before = before.get(&name)?;
            let busy_ms = after.busy_ms.checked_sub(before.busy_ms)?;
            Some(BusiestDisk {
                name,
                // Kernel and Aforo do not look at the same instant.
                busy_ratio: (busy_ms as f64 / elapsed_ms).min(1.0),
                queue_length: after.queue_ms.checked_sub(before.queue_ms)? as f64 / elapsed_ms,
            })
        });
        let grown = grown.filter(|_| elapsed_ms > 0.0);
        grown.max_by(|one, other| {
            one.busy_ratio.total_cmp(&other.busy_ratio).then_with(|| other.name.cmp(&one.name))
        })
    }
}

/// Name and times out of a line of `/proc/diskstats`.
fn parse_disk(line: &str) -> Option<(&str, DiskTimes)> {
    let mut fields = line.split_ascii_whitespace().skip(2);
    let name = fields.next()?;
    // Four figures each of reads and writes, and the requests under way.
    let mut times = fields.skip(9).map(str::parse);
    let mut next = || times.next()?.ok();
    Some((name, DiskTimes { busy_ms: next()?, queue_ms: next()? }))
}

/// The network interfaces that state a speed, with their last reading.
pub(super) struct Links {
    links: Vec<Link>,
    read_at: Option<Instant>,
}

struct Link {
    name: String,
    speed_bytes_per_s: u64,
    before: Option<Bytes>,
}

/// Bytes over an interface since it came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes {
    received: u64,
    sent: u64,
}

impl Links {
    pub(super) fn of_this_machine() -> Self {
        let interfaces = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
        let links = interfaces.filter_map(|interface| {
            let speed = fs::read_to_string(interface.path().join("speed")).ok()?;
            let name = interface.file_name().into_string().ok()?;
            Some(Link { name, speed_bytes_per_s: parse_speed(&speed)?, before: None })
        });
        Self { links: links.collect(), read_at: None }
    }

    /// The link nearest to its speed since the last reading.
    pub(super) fn busiest(&mut self, now: Instant) -> Option<BusiestLink> {
        self.advance(now, |name| {
            let count = |file: &str| {
                let path = format!("/sys/class/net/{name}/statistics/{file}");
                fs::read_to_string(path).ok()?.trim().parse().ok()
            };
            Some(Bytes { received: count("rx_bytes")?, sent: count("tx_bytes")? })
        })
    }

    fn advance(&mut self, now: Instant, read: impl Fn(&str) -> Option<Bytes>) -> Option<BusiestLink> {
        let before_at = self.read_at.replace(now);
        let elapsed_s = before_at.map_or(0.0, |before| now.saturating_duration_since(before).as_secs_f64());
        let used = self.links.iter_mut().filter_map(|link| {
            let after = read(&link.name)?;
            let before = link.before.replace(after)?;
            let received = after.received.checked_sub(before.received)?;
            let bytes = received.max(after.sent.checked_sub(before.sent)?) as f64;
            Some(BusiestLink {
                name: link.name.clone(),
                busy_ratio: (bytes / elapsed_s / link.speed_bytes_per_s as f64).min(1.0),
                speed_bytes_per_s: link.speed_bytes_per_s,
            })
        });
        let used: Vec<_> = used.collect();
        used.into_iter()
            .filter(|_| elapsed_s > 0.0)
            .max_by(|one, other| one.busy_ratio.total_cmp(&other.busy_ratio))
    }
}

/// Bytes a second out of Mbit/s; nothing for 0 and -1, which mean that nobody knows.
fn parse_speed(speed: &str) -> Option<u64> {
    let megabits: u64 = speed.trim().parse().ok()?;
    megabits.checked_mul(125_000).filter(|&speed| speed > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stats(busy_ms: u64, queue_ms: u64) -> String {
        format!(
            " 259 0 nvme0n1 1 0 8 1 2 0 16 3 0 {busy_ms} {queue_ms} 0 0 0 0\n 259 1 nvme0n1p1 1 0 8 1 2 0 16 3 0 9999 9999\n \
             8 0 sda 1 0 8 1 2 0 16 3 0 100 100\n"
        )
    }

    fn disks() -> Disks {
        Disks::named(["nvme0n1", "sda"].map(ToOwned::to_owned).to_vec())
    }

    #[test]
    fn the_disk_with_most_time_at_work_is_the_busiest() {
        let mut disks = disks();
        let began = Instant::now();
        assert_eq!(disks.busiest(began, &stats(500, 800)), None);
        let busiest = disks.busiest(began + Duration::from_secs(2), &stats(1_500, 6_800)).unwrap();
        let expected = BusiestDisk { name: "nvme0n1".to_owned(), busy_ratio: 0.5, queue_length: 3.0 };
        assert_eq!(busiest, expected);
    }

    #[test]
    fn a_disk_that_started_anew_is_left_out_and_no_time_is_no_share() {
        let mut disks = disks();
        let began = Instant::now();
        disks.busiest(began, &stats(500, 800));
        assert_eq!(disks.busiest(began, &stats(600, 900)), None);
        let other = disks.busiest(began + Duration::from_secs(1), &stats(5, 5)).unwrap();
        assert_eq!((other.name.as_str(), other.busy_ratio), ("sda", 0.0));
        assert_eq!(disks.busiest(began + Duration::from_secs(2), "garbage\n1 2 sda x"), None);
    }

    #[test]
    fn only_a_speed_above_zero_is_one() {
        assert_eq!(parse_speed("1000\n"), Some(125_000_000));
        for unknown in ["-1\n", "0\n", "", "fast"] {
            assert_eq!(parse_speed(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_link_is_as_busy_as_its_fuller_direction() {
        let link = Link { name: "eth0".to_owned(), speed_bytes_per_s: 1_000, before: None };
        let mut links = Links { links: vec![link], read_at: None };
        let began = Instant::now();
        assert_eq!(links.advance(began, |_| Some(Bytes { received: 100, sent: 100 })), None);
        let read = |_: &str| Some(Bytes { received: 1_100, sent: 1_700 });
        let busiest = links.advance(began + Duration::from_secs(2), read).unwrap();
        assert_eq!((busiest.name.as_str(), busiest.busy_ratio), ("eth0", 0.8));
        assert_eq!(links.advance(began + Duration::from_secs(3), |_| None), None);
    }
}
