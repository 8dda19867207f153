//! Which groups a process is in, and where they are mounted.

use std::path::{Path, PathBuf};

/// The folder of a process' group, in a hierarchy that is mounted somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Folder {
    /// Where the hierarchy is mounted: the topmost group that can be seen.
    pub(super) top: PathBuf,
    /// The process' own group.
    pub(super) own: PathBuf,
}

impl Folder {
    /// The group and its ancestors, the group itself first.
    pub(super) fn upwards(&self) -> impl Iterator<Item = &Path> {
        self.own.ancestors().take_while(|folder| folder.starts_with(&self.top))
    }
}

/// The hierarchies a process is in, of those that say something of CPU, memory or processes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hierarchies {
    /// The one of version 2.
    pub(super) unified: Option<Folder>,
    /// The one of version 1 with the controller `cpu`.
    pub(super) cpu: Option<Folder>,
    /// The one of version 1 with the controller `memory`.
    pub(super) memory: Option<Folder>,
    /// The one of version 1 with the controller `pids`.
    pub(super) pids: Option<Folder>,
}

impl Hierarchies {
    /// Reads `/proc/PID/cgroup` (cgroups(7)) and `/proc/PID/mountinfo` (proc(5)). What is not a line of
    /// either is passed over.
    pub(super) fn of(groups: &str, mounts: &str) -> Self {
        let mounts: Vec<Mount<'_>> = mounts.lines().filter_map(mount).collect();
        let mut hierarchies = Self::default();
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':');
            let (Some(_number), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            if controllers.is_empty() {
                hierarchies.unified = folder(path, mounts.iter().find(|mount| mount.kind == "cgroup2"));
                continue;
            }
            let with = |controller: &str| {
                let has = |list: &str| list.split(',').any(|name| name == controller);
                let mount = mounts.iter().find(|mount| mount.kind == "cgroup" && has(mount.options));
                has(controllers).then(|| folder(path, mount)).flatten()
            };
            hierarchies.cpu = hierarchies.cpu.or_else(|| with("cpu"));
            hierarchies.memory = hierarchies.memory.or_else(|| with("memory"));
            hierarchies.pids = hierarchies.pids.or_else(|| with("pids"));
        }
        hierarchies
    }
}

/// A mounted file system.
struct Mount<'line> {
    /// The part of the file system that is mounted.
    root: &'line str,
    point: &'line str,
    kind: &'line str,
    /// Of the file system itself; for version 1, its controllers are among them.
    options: &'line str,
}

fn mount(line: &str) -> Option<Mount<'_>> {
    let (mounted, file_system) = line.split_once(" - ")?;
    let mut mounted = mounted.split(' ').skip(3);
    let mut file_system = file_system.split(' ');
    Some(Mount {
        root: mounted.next()?,
        point: mounted.next()?,
        kind: file_system.next()?,
        options: file_system.nth(1).unwrap_or_default(),
    })
}

/// The folder of a group. In a container only a part of the hierarchy is mounted; a group outside of it is
/// seen as that part's top.
fn folder(path: &str, mount: Option<&Mount<'_>>) -> Option<Folder> {
    let mount = mount?;
    let top = PathBuf::from(mount.point);
    let is_outside = path.split('/').any(|part| part == "..");
    let below = Path::new(path).strip_prefix(mount.root).ok().filter(|_| !is_outside);
    let own = below.map_or_else(|| top.clone(), |below| top.join(below));
    Some(Folder { top, own })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V2_MOUNT: &str = "31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1_MOUNTS: &str = "\
        33 24 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct\n\
        34 24 0:30 / /sys/fs/cgroup/memory rw,nosuid shared:12 - cgroup cgroup rw,memory\n\
        35 24 0:31 / /sys/fs/cgroup/cpuset rw,nosuid shared:13 - cgroup cgroup rw,cpuset\n";

    fn own(folder: Option<Folder>) -> Option<String> {
        folder.map(|folder| folder.own.display().to_string())
    }

    #[test]
    fn a_process_of_version_2_is_in_one_group() {
        let hierarchies = Hierarchies::of("0::/system.slice/hotel.service\n", V2_MOUNT);
        let folder = hierarchies.unified.clone().unwrap();
        let upwards: Vec<_> = folder.upwards().map(|folder| folder.display().to_string()).collect();
        assert_eq!(
            upwards,
            ["/sys/fs/cgroup/system.slice/hotel.service", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"]
        );
        assert_eq!((hierarchies.cpu, hierarchies.memory), (None, None));
    }

    #[test]
    fn a_process_of_version_1_is_in_a_group_for_each_controller() {
        let groups = "5:cpuset:/\n4:memory:/docker/ab\n3:cpu,cpuacct:/docker/cd\n";
        let hierarchies = Hierarchies::of(groups, V1_MOUNTS);
        assert_eq!(own(hierarchies.cpu).unwrap(), "/sys/fs/cgroup/cpu,cpuacct/docker/cd");
        assert_eq!(own(hierarchies.memory).unwrap(), "/sys/fs/cgroup/memory/docker/ab");
        assert_eq!(hierarchies.unified, None);
    }

    #[test]
    fn both_versions_may_be_there_at_once() {
        let mounts = format!("{V1_MOUNTS}{}", V2_MOUNT.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified"));
        let hierarchies = Hierarchies::of("3:cpu,cpuacct:/a\n0::/b\n", &mounts);
        assert_eq!(own(hierarchies.cpu).unwrap(), "/sys/fs/cgroup/cpu,cpuacct/a");
        assert_eq!(own(hierarchies.unified).unwrap(), "/sys/fs/cgroup/unified/b");
    }

    #[test]
    fn in_a_container_the_mounted_part_is_the_top() {
        let mounts = V2_MOUNT.replace(" / /sys", " /docker/ab /sys");
        let of = |groups: &str| own(Hierarchies::of(groups, &mounts).unified).unwrap();
        assert_eq!(of("0::/docker/ab/inner\n"), "/sys/fs/cgroup/inner");
        assert_eq!(of("0::/../other\n"), "/sys/fs/cgroup");
        assert_eq!(of("0::/elsewhere\n"), "/sys/fs/cgroup");
    }

    #[test]
    fn without_groups_or_mounts_there_are_none() {
        assert_eq!(Hierarchies::of("", V2_MOUNT), Hierarchies::default());
        assert_eq!(Hierarchies::of("0::/\n", ""), Hierarchies::default());
    }

    proptest! {
        #[test]
        fn any_files_are_read_without_panic(groups in "(?s)([0-9]{0,2}:[a-z,]{0,9}:/.{0,20}\n){0,4}", mounts in "(?s).{0,200}") {
            let _ = Hierarchies::of(&groups, &mounts);
            let _ = Hierarchies::of(&mounts, &groups);
        }
    }
}
