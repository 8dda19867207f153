//! Real groups, where this machine lets us make some. Elsewhere the tests say so and end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::*;

const MIB: u64 = 1 << 20;

/// A group of our own below the top of a hierarchy, and the process that lives in it; both are gone at the end.
struct RealGroup {
    child: Child,
    folders: Vec<PathBuf>,
}

impl RealGroup {
    /// Starts a process that waits a minute at most, should we be killed, and puts it into a new group in each hierarchy, with these limits.
    fn with(limits: &[(&Path, &[(&str, String)])]) -> std::io::Result<Self> {
        let child = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn()?;
        let mut group = Self { child, folders: Vec::new() };
        for (top, files) in limits {
            let folder = top.join(format!("aforo-test-{}", group.child.id()));
            fs::create_dir(&folder)?;
            group.folders.push(folder.clone());
            for (file, content) in *files {
                fs::write(folder.join(file), content)?;
            }
            fs::write(folder.join("cgroup.procs"), group.child.id().to_string())?;
        }
        Ok(group)
    }

    fn sample(&self) -> CgroupSample {
        let process = ProcessId { pid: self.child.id(), started: 0 };
        Cgroups::default().read(process, 0).unwrap()
    }
}

impl Drop for RealGroup {
    fn drop(&mut self) {
        // The group can be removed once its process is gone, of which the kernel may need a moment to learn.
        self.child.kill().ok();
        self.child.wait().ok();
        for folder in &self.folders {
            for _ in 0..100 {
                if fs::remove_dir(folder).is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    }
}

/// Where a hierarchy of this kind and with this controller is mounted.
fn mounted(kind: &str, controller: &str) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let has = |options: &str| kind == "cgroup2" || options.split(',').any(|option| option == controller);
    mounts.lines().find_map(|line| {
        let (mounted, file_system) = line.split_once(" - ")?;
        let mut file_system = file_system.split(' ');
        let is_it = file_system.next()? == kind && has(file_system.nth(1)?);
        is_it.then(|| mounted.split(' ').nth(4).map(PathBuf::from)).flatten()
    })
}

#[test]
fn limits_of_real_groups_of_version_1_are_read() {
    let [memory, pids, cpu] = ["memory", "pids", "cpu"].map(|controller| mounted("cgroup", controller));
    let (Some(memory), Some(pids), Some(cpu)) = (memory, pids, cpu) else {
        println!("this machine has no control groups of version 1");
        return;
    };
    let limits: [(&Path, &[(&str, String)]); 3] = [
        (&memory, &[("memory.limit_in_bytes", (64 * MIB).to_string())]),
        (&pids, &[("pids.max", "20".to_owned())]),
        (&cpu, &[("cpu.cfs_period_us", "100000".to_owned()), ("cpu.cfs_quota_us", "50000".to_owned())]),
    ];
    let group = match RealGroup::with(&limits) {
        Ok(group) => group,
        Err(error) => return println!("this machine lets us make no control group: {error}"),
    };
    let sample = group.sample();
    println!("{sample:?}");
    assert_eq!(sample.memory_limit_bytes, Some(64 * MIB));
    assert!(sample.memory_working_set_bytes.is_some_and(|used| used < 64 * MIB), "{sample:?}");
    assert_eq!((sample.pids_limit, sample.pids_current), (Some(20), Some(1)));
    assert_eq!((sample.cpu_limit_cores, sample.oom_kills), (Some(0.5), Some(0)));
}

#[test]
fn limits_of_a_real_group_of_version_2_are_read() {
    let Some(top) = mounted("cgroup2", "") else {
        return println!("this machine has no control groups of version 2");
    };
    let controllers = fs::read_to_string(top.join("cgroup.subtree_control")).unwrap_or_default();
    if !["memory", "pids"].iter().all(|wanted| controllers.split_whitespace().any(|has| has == *wanted)) {
        return println!("version 2 is mounted here without memory and pids");
    }
    let limits: [(&Path, &[(&str, String)]); 1] =
        [(&top, &[("memory.max", (64 * MIB).to_string()), ("pids.max", "20".to_owned())])];
    let group = match RealGroup::with(&limits) {
        Ok(group) => group,
        Err(error) => return println!("this machine lets us make no control group: {error}"),
    };
    let sample = group.sample();
    println!("{sample:?}");
    assert_eq!((sample.memory_limit_bytes, sample.pids_limit), (Some(64 * MIB), Some(20)));
    assert!(sample.memory_working_set_bytes.is_some_and(|used| used < 64 * MIB), "{sample:?}");
}
