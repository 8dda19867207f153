//! Room on the file systems.

use aforo_model::FullestFileSystem;
use sysinfo::{DiskRefreshKind, Disks};

/// Readings between two looks: asking a file system may have to wait for its disk.
const READINGS_PER_LOOK: u64 = 30;

/// Looks for the fullest file system now and then. File systems over the network are left out: one whose
/// server is gone would hold up the reading.
#[derive(Debug, Default)]
pub(super) struct Room {
    reading_count: u64,
}

impl Room {
    /// The fullest file system, when it is time to look and there is one.
    pub(super) fn read(&mut self) -> Option<FullestFileSystem> {
        let is_due = self.reading_count.is_multiple_of(READINGS_PER_LOOK);
        self.reading_count += 1;
        if !is_due {
            return None;
        }
        let disks =
            Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing().with_storage()).ok()?;
        fullest(disks.iter().filter(|disk| !disk.is_read_only()).map(|disk| FullestFileSystem {
            mount_point: disk.mount_point().display().to_string(),
            total_bytes: disk.total_space(),
            available_bytes: disk.available_space(),
        }))
    }
}

/// The one with the smallest share of room left; of those mounted more than once, the topmost.
fn fullest(file_systems: impl Iterator<Item = FullestFileSystem>) -> Option<FullestFileSystem> {
    let room_ratio = |one: &FullestFileSystem| one.available_bytes as f64 / one.total_bytes as f64;
    file_systems.filter(|one| one.total_bytes > 0).min_by(|one, other| {
        let by_mount_point = || one.mount_point.len().cmp(&other.mount_point.len());
        room_ratio(one).total_cmp(&room_ratio(other)).then_with(by_mount_point)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_system(mount_point: &str, total_bytes: u64, available_bytes: u64) -> FullestFileSystem {
        FullestFileSystem { mount_point: mount_point.to_owned(), total_bytes, available_bytes }
    }

    #[test]
    fn the_least_room_as_a_share_is_the_fullest() {
        let all = [
            file_system("/empty", 0, 0),
            file_system("/", 1_000, 300),
            file_system("/data/deep", 100, 20),
            file_system("/data", 100, 20),
        ];
        assert_eq!(fullest(all.into_iter()).unwrap().mount_point, "/data");
        assert_eq!(fullest(std::iter::empty()), None);
    }

    #[test]
    fn a_look_is_taken_at_once_and_then_now_and_then() {
        let mut room = Room::default();
        let first = room.read();
        assert!(first.is_none_or(|fullest| fullest.available_bytes <= fullest.total_bytes));
        assert_eq!(room.read(), None);
    }
}
