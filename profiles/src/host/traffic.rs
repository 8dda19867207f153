//! Bytes that went to and from the disks and the networks.

use std::collections::HashMap;
use std::hash::Hash;

use sysinfo::{DiskRefreshKind, Disks, Networks};

use crate::counter::Growth;

/// What went in (read, received) and out (written, sent) since the watch began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) inward_bytes: u64,
    pub(super) outward_bytes: u64,
}

/// The traffic of several devices, each from when it was first seen.
struct Devices<Name> {
    growths: HashMap<Name, (Growth, Growth)>,
}

impl<Name: Hash + Eq> Devices<Name> {
    fn new() -> Self {
        Self { growths: HashMap::new() }
    }

    fn advance(&mut self, name: Name, inward_bytes: u64, outward_bytes: u64) -> Traffic {
        let (inward, outward) = self.growths.entry(name).or_default();
        Traffic { inward_bytes: inward.advance(inward_bytes), outward_bytes: outward.advance(outward_bytes) }
    }
}

fn sum(traffic: impl Iterator<Item = Traffic>) -> Option<Traffic> {
    traffic.reduce(|total, part| Traffic {
        inward_bytes: total.inward_bytes.saturating_add(part.inward_bytes),
        outward_bytes: total.outward_bytes.saturating_add(part.outward_bytes),
    })
}

/// The mounted disks, listed when the watch begins. A disk that is mounted in several places counts once.
pub(super) struct DiskTraffic {
    disks: Option<Disks>,
    devices: Devices<std::ffi::OsString>,
}

impl DiskTraffic {
    pub(super) fn new() -> Self {
        let disks = Disks::new_with_refreshed_list_specifics(io_usage()).ok();
        Self { disks, devices: Devices::new() }
    }

    /// The traffic since the first reading; nothing when no disk tells, as in many containers.
    pub(super) fn read(&mut self) -> Option<Traffic> {
        let mut usages = HashMap::new();
        for disk in self.disks.as_mut()?.iter_mut() {
            if usages.contains_key(disk.name()) {
                continue;
            }
            disk.refresh_specifics(io_usage());
            usages.insert(disk.name().to_owned(), disk.usage());
        }
        // A layered or remote file system is listed as a disk, and shows zeros for want of figures.
        let told =
            usages.into_iter().filter(|(_, usage)| usage.total_read_bytes + usage.total_written_bytes > 0);
        sum(told.map(|(name, usage)| {
            self.devices.advance(name, usage.total_read_bytes, usage.total_written_bytes)
        }))
    }
}

fn io_usage() -> DiskRefreshKind {
    DiskRefreshKind::nothing().with_io_usage()
}

/// All network interfaces, loopback and virtual ones among them: Aforo's load often goes over loopback, and
/// would not be seen otherwise. A byte over loopback is both sent and received, and a byte from a container
/// is seen on its bridge too, so this is work done by the network stack and not use of a link.
pub(super) struct NetworkTraffic {
    networks: Option<Networks>,
    devices: Devices<std::ffi::OsString>,
}

impl NetworkTraffic {
    pub(super) fn new() -> Self {
        Self { networks: Networks::new_with_refreshed_list().ok(), devices: Devices::new() }
    }

    /// The traffic since the first reading; nothing when there is no interface.
    pub(super) fn read(&mut self) -> Option<Traffic> {
        let networks = self.networks.as_mut()?;
        networks.refresh(false);
        sum(networks.iter().map(|(name, network)| {
            self.devices.advance(name.clone(), network.total_received(), network.total_transmitted())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_comes_later_counts_from_then() {
        let mut devices = Devices::new();
        devices.advance("eth0", 1_000, 2_000);
        assert_eq!(devices.advance("eth0", 1_010, 2_020), Traffic { inward_bytes: 10, outward_bytes: 20 });
        assert_eq!(devices.advance("eth1", 500, 500), Traffic::default());
    }

    #[test]
    fn no_device_is_no_traffic_told() {
        assert_eq!(sum(std::iter::empty()), None);
        let one = Traffic { inward_bytes: 1, outward_bytes: 2 };
        assert_eq!(sum([one, one].into_iter()), Some(Traffic { inward_bytes: 2, outward_bytes: 4 }));
    }
}
