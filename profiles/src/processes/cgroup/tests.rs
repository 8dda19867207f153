//! Groups as the kernel shows them, in folders made for the test.

use std::path::Path;

use super::*;

/// A hierarchy in a folder of its own.
struct Made {
    folder: tempfile::TempDir,
    mounts: String,
}

impl Made {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), mounts: String::new() }
    }

    /// The same with a file system mounted at `at`.
    fn mount(mut self, at: &str, kind: &str, options: &str) -> Self {
        let point = self.folder.path().join(at);
        self.mounts += &format!("1 0 0:1 / {} rw shared:1 - {kind} cgroup rw,{options}\n", point.display());
        self
    }

    /// The same with a file.
    fn file(self, path: &str, content: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn sample(&self, groups: &str) -> CgroupSample {
        let group = Group::of(&Hierarchies::of(groups, &self.mounts));
        Growths::default().advance(&group, &group.counters())
    }
}

fn version_2() -> Made {
    Made::new()
        .mount("", "cgroup2", "nsdelegate")
        .file("pod/cpu.max", "150000 100000\n")
        .file("pod/cpu.stat", "usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n")
        .file("pod/memory.max", "1073741824\n")
        .file("pod/memory.current", "700000000\n")
        .file("pod/memory.stat", "anon 400000000\nfile 300000000\ninactive_file 200000000\n")
        .file("pod/memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n")
        .file("pod/app/cpu.max", "max 100000\n")
        .file("pod/app/memory.max", "max\n")
        .file("pod/pids.max", "200\n")
        .file("pod/pids.current", "150\n")
        .file("pod/app/pids.max", "max\n")
        .file("pod/app/pids.current", "140\n")
}

#[test]
fn the_smallest_limit_among_the_ancestors_of_version_2_wins() {
    let sample = version_2().sample("0::/pod/app\n");
    assert_eq!(sample.cpu_limit_cores, Some(1.5));
    assert_eq!(sample.memory_limit_bytes, Some(1 << 30));
    assert_eq!(sample.memory_current_bytes, Some(700_000_000));
    assert_eq!(sample.memory_working_set_bytes, Some(500_000_000));
    assert_eq!((sample.pids_limit, sample.pids_current), (Some(200), Some(150)));

    let tighter = version_2()
        .file("pod/app/cpu.max", "50000 100000\n")
        .file("pod/app/memory.max", "536870912\n")
        .sample("0::/pod/app\n");
    assert_eq!((tighter.cpu_limit_cores, tighter.memory_limit_bytes), (Some(0.5), Some(1 << 29)));
    assert_eq!(tighter.memory_current_bytes, None, "the pod's memory is not the app's");
}

#[test]
fn counters_count_from_the_first_reading() {
    let made = version_2();
    let group = Group::of(&Hierarchies::of("0::/pod/app\n", &made.mounts));
    let mut growths = Growths::default();
    let first = growths.advance(&group, &group.counters());
    assert_eq!((first.cpu_periods, first.throttled_periods, first.oom_kills), (Some(0), Some(0), Some(0)));
    let made = made
        .file("pod/cpu.stat", "nr_periods 30\nnr_throttled 9\nthrottled_usec 1750000\n")
        .file("pod/memory.events", "oom_kill 3\noom_group_kill 0\n");
    let second = growths.advance(&group, &group.counters());
    assert_eq!((second.cpu_periods, second.throttled_periods), (Some(20), Some(5)));
    assert_eq!((second.throttled_s, second.oom_kills), (Some(1.5), Some(2)));
    drop(made);
}

#[test]
fn a_limit_that_is_changed_leaves_the_counters_alone() {
    let made = version_2();
    let group = |made: &Made| Group::of(&Hierarchies::of("0::/pod/app\n", &made.mounts));
    let before = group(&made);
    let made = made.file("pod/cpu.max", "300000 100000\n");
    let after = group(&made);
    assert_ne!(before, after);
    assert_eq!(before.folders(), after.folders());
}

#[test]
fn version_1_has_a_hierarchy_for_each_controller_and_other_words_for_no_limit() {
    let made = Made::new()
        .mount("cpu", "cgroup", "cpu,cpuacct")
        .mount("memory", "cgroup", "memory")
        .mount("pids", "cgroup", "pids")
        .file("pids/docker/pids.max", "100\n")
        .file("pids/docker/pids.current", "7\n")
        .file("cpu/cpu.cfs_quota_us", "-1\n")
        .file("cpu/cpu.cfs_period_us", "100000\n")
        .file("cpu/docker/cpu.cfs_quota_us", "200000\n")
        .file("cpu/docker/cpu.cfs_period_us", "100000\n")
        .file("cpu/docker/cpu.stat", "nr_periods 7\nnr_throttled 2\nthrottled_time 5000000\n")
        .file("memory/docker/memory.limit_in_bytes", "9223372036854771712\n")
        .file("memory/docker/memory.usage_in_bytes", "5000\n")
        .file("memory/docker/memory.stat", "inactive_file 1\ntotal_inactive_file 2000\n")
        .file("memory/docker/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
    let groups = "5:pids:/docker\n4:memory:/docker\n3:cpu,cpuacct:/docker\n";
    let sample = made.sample(groups);
    assert_eq!((sample.cpu_limit_cores, sample.memory_limit_bytes), (Some(2.0), None));
    assert_eq!(sample.memory_working_set_bytes, Some(3_000));
    assert_eq!((sample.throttled_s, sample.oom_kills), (Some(0.0), Some(0)));
    assert_eq!((sample.pids_limit, sample.pids_current), (Some(100), Some(7)));
    let limited = made.file("memory/docker/memory.limit_in_bytes", "4096\n");
    assert_eq!(limited.sample(groups).memory_limit_bytes, Some(4_096));
    let made = limited;
    let group = Group::of(&Hierarchies::of(groups, &made.mounts));
    assert_eq!(group.counters().throttled_us, Some(5_000));
}

#[test]
fn of_both_versions_the_one_with_the_controller_is_read() {
    let made = Made::new()
        .mount("cpu", "cgroup", "cpu")
        .mount("unified", "cgroup2", "")
        .file("cpu/a/cpu.cfs_quota_us", "50000\n")
        .file("cpu/a/cpu.cfs_period_us", "100000\n")
        .file("unified/b/memory.max", "4096\n");
    let sample = made.sample("3:cpu:/a\n0::/b\n");
    assert_eq!((sample.cpu_limit_cores, sample.memory_limit_bytes), (Some(0.5), Some(4_096)));
}

#[test]
fn what_no_file_tells_is_absent_and_never_zero() {
    assert_eq!(Made::new().mount("", "cgroup2", "").sample("0::/\n"), CgroupSample::default());
    assert_eq!(Made::new().sample("0::/\n"), CgroupSample::default());
    let unlimited = version_2()
        .file("pod/pids.max", "max\n")
        .file("pod/memory.max", "max\n")
        .file("pod/cpu.max", "max 100000\n");
    let sample = unlimited.sample("0::/pod/app\n");
    assert_eq!((sample.pids_limit, sample.pids_current), (None, None));
    assert_eq!((sample.memory_limit_bytes, sample.cpu_limit_cores), (None, None));
    let broken = version_2().file("pod/cpu.max", "many few\n").file("pod/memory.max", "-5\n");
    let sample = broken.sample("0::/pod/app\n");
    assert_eq!((sample.cpu_limit_cores, sample.memory_limit_bytes), (None, None));
    assert_eq!(sample.throttled_periods, None, "what is not limited is not held");
    let endless = version_2().file("pod/cpu.max", "100000 0\n").sample("0::/pod/app\n");
    assert_eq!(endless.cpu_limit_cores, None);
}

#[test]
fn trees_in_the_same_group_agree_and_one_reading_is_not_two() {
    let mut cgroups = Cgroups::default();
    let oneself = ProcessId { pid: std::process::id(), started: 1 };
    let again = ProcessId { started: 2, ..oneself };
    assert_eq!(cgroups.read(oneself, 0), cgroups.read(again, 0));
    assert!(cgroups.read.len() <= 1);
}
