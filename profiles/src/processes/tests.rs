//! The forest over real processes of this machine.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use aforo_model::{ProcessSample, Role};

use super::forest::Forest;
use super::linux::LinuxSource;
use super::puppet::Puppet;
use super::source::{ProcessSource, Reading};

/// What a puppet writes to a file.
pub(super) const WRITTEN_BYTES: u64 = 8 << 20;

/// CPU time is told in steps of 10 ms for user and system time each, at the start and at the end.
const CPU_STEPS_S: f64 = 0.04;

/// A source that counts how often it is asked.
struct Counted {
    source: LinuxSource,
    counts: Rc<Counts>,
}

#[derive(Default)]
struct Counts {
    readings: Cell<u64>,
    scans: Cell<u64>,
}

impl ProcessSource for Counted {
    const PARENT_INHERITS_DISK: bool = LinuxSource::PARENT_INHERITS_DISK;

    fn now(&self) -> u64 {
        self.source.now()
    }

    fn read(&mut self, pid: u32) -> Option<Reading> {
        self.counts.readings.set(self.counts.readings.get() + 1);
        self.source.read(pid)
    }

    fn children(&mut self, process: &Reading, children: &mut Vec<u32>) -> bool {
        self.source.children(process, children)
    }

    fn scan(&mut self) -> Vec<(u32, u32)> {
        self.counts.scans.set(self.counts.scans.get() + 1);
        self.source.scan()
    }
}

fn watch(puppet: &Puppet) -> Forest<LinuxSource> {
    let (forest, missing) = Forest::new(LinuxSource::new(), &[(Role::Target, puppet.pid())]);
    assert!(missing.is_empty());
    forest
}

fn read<S: ProcessSource>(forest: &mut Forest<S>) -> ProcessSample {
    let mut samples = forest.read(Instant::now());
    assert_eq!(samples.len(), 1, "{samples:?}");
    samples.remove(0)
}

fn cpu_s(puppet: &mut Puppet) -> f64 {
    puppet.tell("cpu-us").parse::<f64>().unwrap() / 1e6
}

fn assert_agrees(sampled_s: f64, used_s: f64) {
    let off_s = (sampled_s - used_s).abs();
    assert!(off_s <= 0.1 * used_s + CPU_STEPS_S, "sampled {sampled_s} s, the kernel says {used_s} s");
}

#[test]
fn cpu_time_agrees_with_the_kernels_resource_usage() {
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    assert_eq!(read(&mut forest).cpu_time_s, 0.0);
    let before_s = cpu_s(&mut puppet);
    puppet.tell("burn-ms 400");
    let sample = read(&mut forest);
    assert_agrees(sample.cpu_time_s, cpu_s(&mut puppet) - before_s);
    assert!(sample.cpu_cores.unwrap() > 0.0);
    assert_eq!(sample.process_count, 1);
}

#[test]
fn cpu_time_of_children_is_kept_when_they_end_and_is_counted_once() {
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    read(&mut forest);
    let before_s = cpu_s(&mut puppet);

    puppet.tell("start-child");
    puppet.tell("tell-child burn-ms 200");
    let with_child = read(&mut forest);
    assert_eq!(with_child.process_count, 2);
    let child_s = puppet.tell("tell-child cpu-us").parse::<f64>().unwrap() / 1e6;
    assert_agrees(with_child.cpu_time_s, child_s + cpu_s(&mut puppet) - before_s);

    puppet.tell("tell-child burn-ms 100");
    puppet.tell("end-child");
    let without_child = read(&mut forest);
    assert_eq!(without_child.process_count, 1);
    assert_agrees(without_child.cpu_time_s, cpu_s(&mut puppet) - before_s);

    // A grandchild that comes and goes between two readings is never seen, and counts all the same.
    puppet.tell("start-child");
    puppet.tell("tell-child start-child");
    puppet.tell("tell-child tell-child burn-ms 200");
    puppet.tell("tell-child end-child");
    puppet.tell("end-child");
    let at_the_end = read(&mut forest);
    assert_eq!(at_the_end.process_count, 1);
    assert_agrees(at_the_end.cpu_time_s, cpu_s(&mut puppet) - before_s);
}

#[test]
fn a_zombie_keeps_its_cpu_time_and_is_no_process() {
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    puppet.tell("start-child");
    read(&mut forest);
    puppet.tell("tell-child burn-ms 100");
    let living = read(&mut forest);
    puppet.tell("leave-child");
    let sample = loop {
        let sample = read(&mut forest);
        if sample.process_count == 1 {
            break sample;
        }
    };
    assert!(sample.cpu_time_s >= living.cpu_time_s);
    assert!(sample.disk_written_bytes.is_some(), "{sample:?}");
    puppet.tell("end-child");
    assert_agrees(read(&mut forest).cpu_time_s, sample.cpu_time_s);
}

#[test]
fn memory_grows_by_what_is_touched() {
    const ALLOCATED_BYTES: u64 = 64 << 20;
    // The kernel batches its count of pages by core.
    const SLACK_BYTES: u64 = 4 << 20;
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    let before = read(&mut forest).rss_bytes;
    puppet.tell(&format!("allocate-bytes {ALLOCATED_BYTES}"));
    let grown = read(&mut forest).rss_bytes - before;
    assert!(grown.abs_diff(ALLOCATED_BYTES) <= SLACK_BYTES, "grew by {grown}");
}

#[test]
fn descriptors_and_threads_are_counted_exactly() {
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    let before = read(&mut forest);
    puppet.tell("open 17");
    puppet.tell("threads 3");
    let after = read(&mut forest);
    assert_eq!(after.open_fd_count.unwrap() - before.open_fd_count.unwrap(), 17);
    assert_eq!(after.thread_count.unwrap() - before.thread_count.unwrap(), 3);
}

#[test]
fn written_bytes_count_once_also_when_a_child_wrote_them() {
    let directory = tempfile::tempdir().unwrap();
    let is_memory = nix::sys::statfs::statfs(directory.path()).unwrap().filesystem_type()
        == nix::sys::statfs::TMPFS_MAGIC;
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    read(&mut forest);
    puppet.tell("start-child");
    puppet.tell(&format!("tell-child write {}", directory.path().join("file").display()));
    let by_child = read(&mut forest).disk_written_bytes.unwrap();
    puppet.tell("end-child");
    let after_child = read(&mut forest).disk_written_bytes.unwrap();
    if is_memory {
        assert_eq!((by_child, after_child), (0, 0));
    } else {
        assert!((WRITTEN_BYTES..2 * WRITTEN_BYTES).contains(&by_child), "{by_child}");
        assert!((by_child..2 * WRITTEN_BYTES).contains(&after_child), "{after_child} after {by_child}");
    }
}

#[test]
fn a_tree_whose_root_has_ended_is_absent() {
    let mut puppet = Puppet::start();
    let mut forest = watch(&puppet);
    read(&mut forest);
    puppet.end();
    while !forest.read(Instant::now()).is_empty() {
        std::thread::yield_now();
    }
    puppet.end_and_wait();
    assert!(forest.read(Instant::now()).is_empty());
    let (_, missing) = Forest::new(LinuxSource::new(), &[(Role::Target, puppet.pid())]);
    assert_eq!(missing, [(Role::Target, puppet.pid())]);
}

#[test]
fn the_tree_of_a_child_is_not_part_of_its_parents() {
    let mut puppet = Puppet::start();
    let child: u32 = puppet.tell("start-child").parse().unwrap();
    let roots = [(Role::Generator, puppet.pid()), (Role::Target, child)];
    let (mut forest, _) = Forest::new(LinuxSource::new(), &roots);
    forest.read(Instant::now());
    puppet.tell("tell-child burn-ms 300");
    let samples = forest.read(Instant::now());
    assert_eq!(samples.iter().map(|sample| sample.process_count).collect::<Vec<_>>(), [1, 1]);
    assert!(samples[0].cpu_time_s < 0.15, "{samples:?}");
    assert_agrees(samples[1].cpu_time_s, 0.3);
    puppet.tell("end-child");
    let samples = forest.read(Instant::now());
    assert_eq!(samples.len(), 1, "{samples:?}");
    assert!(samples[0].cpu_time_s < 0.25, "the ended target's time is not the generator's: {samples:?}");
}

#[test]
fn a_reading_costs_one_look_at_each_process_and_no_scan() {
    const READINGS: u32 = 50;
    let mut puppet = Puppet::start();
    puppet.tell("start-child");
    puppet.tell("tell-child start-child");
    let counts = Rc::new(Counts::default());
    let source = Counted { source: LinuxSource::new(), counts: Rc::clone(&counts) };
    let (mut forest, _) = Forest::new(source, &[(Role::Target, puppet.pid())]);
    read(&mut forest);
    counts.readings.set(0);
    let began = Instant::now();
    for _ in 0..READINGS {
        assert_eq!(read(&mut forest).process_count, 3);
    }
    println!("{:?} for each of 3 processes", began.elapsed() / (3 * READINGS));
    assert_eq!(counts.readings.get(), u64::from(3 * READINGS));
    assert_eq!(counts.scans.get(), 0);
}

#[test]
fn cpu_use_is_not_stated_over_less_than_the_shortest_interval() {
    let puppet = Puppet::start();
    let mut forest = watch(&puppet);
    let now = Instant::now();
    assert_eq!(forest.read(now)[0].cpu_cores, None);
    assert_eq!(forest.read(now + Duration::from_millis(199))[0].cpu_cores, None);
    assert!(forest.read(now + Duration::from_millis(399))[0].cpu_cores.is_some());
}
