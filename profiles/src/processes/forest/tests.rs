//! The forest over processes that are made up, so that every race happens on purpose.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use proptest::prelude::*;

use super::*;

const ROOT: u32 = 10;

/// Processes that do what a test says. `INHERITS` as on Linux.
#[derive(Clone, Default)]
struct World(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    clock: u64,
    processes: BTreeMap<u32, Reading>,
    tells_children: bool,
    scan_count: u32,
    /// Ends a process, and lets its parent wait for it, as soon as the parent has been read.
    ends_after_its_parent_is_read: Option<u32>,
}

impl World {
    fn new() -> Self {
        let world = Self::default();
        world.0.borrow_mut().tells_children = true;
        world.start(ROOT, 1);
        world
    }

    fn start(&self, pid: u32, parent: u32) {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        let reading = Reading {
            id: ProcessId { pid, started: state.clock },
            parent,
            is_zombie: false,
            cpu_self_us: 0,
            cpu_waited_us: 0,
            rss_bytes: 1_000,
            thread_count: Some(1),
            open_fd_count: Some(3),
            disk_read_bytes: Some(0),
            disk_written_bytes: Some(0),
            major_faults: Some(0),
        };
        assert!(state.processes.insert(pid, reading).is_none(), "{pid} lives");
    }

    /// Uses CPU time, and writes a tenth as many bytes.
    fn work(&self, pid: u32, us: u64) {
        self.change(pid, |process| {
            process.cpu_self_us += us;
            process.disk_written_bytes = process.disk_written_bytes.map(|bytes| bytes + us / 10);
        });
    }

    fn change(&self, pid: u32, change: impl FnOnce(&mut Reading)) {
        change(self.0.borrow_mut().processes.get_mut(&pid).unwrap());
    }

    /// Ends a process whose parent waits for it; its children go to process 1.
    fn end(&self, pid: u32) {
        let ended = self.vanish(pid);
        if let Some(parent) = self.0.borrow_mut().processes.get_mut(&ended.parent) {
            let spent = Spent::of(&ended);
            parent.cpu_waited_us += spent.cpu_us;
            parent.disk_written_bytes =
                parent.disk_written_bytes.map(|bytes| bytes + spent.disk_written_bytes);
        }
    }

    /// Ends a process that nobody waits for.
    fn vanish(&self, pid: u32) -> Reading {
        let mut state = self.0.borrow_mut();
        let ended = state.processes.remove(&pid).unwrap();
        for orphan in state.processes.values_mut().filter(|process| process.parent == pid) {
            orphan.parent = 1;
        }
        ended
    }

    fn watch(&self) -> Forest<World> {
        let (forest, missing) = Forest::new(self.clone(), &[(Role::Target, ROOT)]);
        assert!(missing.is_empty());
        forest
    }
}

impl ProcessSource for World {
    const PARENT_INHERITS_DISK: bool = true;

    fn now(&self) -> u64 {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        state.clock
    }

    fn read(&mut self, pid: u32) -> Option<Reading> {
        let reading = self.0.borrow().processes.get(&pid).copied();
        let ending = self.0.borrow().ends_after_its_parent_is_read;
        if let Some(ending) = ending {
            let is_parent = self.0.borrow().processes.get(&ending).is_some_and(|child| child.parent == pid);
            if is_parent {
                self.0.borrow_mut().ends_after_its_parent_is_read = None;
                self.end(ending);
            }
        }
        reading
    }

    fn children(&mut self, process: &Reading, children: &mut Vec<u32>) -> bool {
        let state = self.0.borrow();
        let mut of_parent =
            state.processes.values().filter(|child| child.parent == process.id.pid).map(|child| child.id.pid);
        if state.tells_children {
            children.extend(&mut of_parent);
        }
        state.tells_children
    }

    fn scan(&mut self) -> Vec<(u32, u32)> {
        let mut state = self.0.borrow_mut();
        state.scan_count += 1;
        state.processes.values().map(|process| (process.id.pid, process.parent)).collect()
    }
}

/// Reads, and returns CPU time in µs of the only tree.
fn cpu_us(forest: &mut Forest<World>) -> u64 {
    (sample(forest).cpu_time_s * 1e6).round() as u64
}

fn sample(forest: &mut Forest<World>) -> ProcessSample {
    let mut samples = forest.read(Instant::now());
    assert_eq!(samples.len(), 1);
    samples.remove(0)
}

#[test]
fn what_was_used_before_the_watch_is_no_part_of_it() {
    let world = World::new();
    world.start(11, ROOT);
    world.work(ROOT, 5_000);
    world.work(11, 7_000);
    let mut forest = world.watch();
    assert_eq!(cpu_us(&mut forest), 0);
    world.work(11, 300);
    world.end(11);
    assert_eq!(cpu_us(&mut forest), 300);
}

#[test]
fn a_child_that_ends_between_the_readings_of_its_parent_and_itself_counts_once() {
    let world = World::new();
    world.start(11, ROOT);
    let mut forest = world.watch();
    cpu_us(&mut forest);
    world.work(11, 400);
    assert_eq!(cpu_us(&mut forest), 400);
    world.work(11, 30);
    world.0.borrow_mut().ends_after_its_parent_is_read = Some(11);
    // Its last 30 µs are in nobody's reading yet.
    assert_eq!(cpu_us(&mut forest), 400);
    assert_eq!(cpu_us(&mut forest), 430);
    assert_eq!(cpu_us(&mut forest), 430);
}

#[test]
fn a_child_that_nobody_waits_for_counts_as_it_was_last_read() {
    let world = World::new();
    world.start(11, ROOT);
    world.start(12, ROOT);
    let mut forest = world.watch();
    cpu_us(&mut forest);
    world.work(11, 400);
    cpu_us(&mut forest);
    world.vanish(11);
    world.work(ROOT, 50);
    assert_eq!(cpu_us(&mut forest), 450, "the parent's own time is not set off against the child's");
    cpu_us(&mut forest);
    world.work(12, 70);
    world.end(12);
    assert_eq!(cpu_us(&mut forest), 520, "a debt that nobody takes over expires");
}

#[test]
fn a_chain_of_processes_that_ends_at_once_counts_once() {
    let world = World::new();
    world.start(11, ROOT);
    world.start(12, 11);
    let mut forest = world.watch();
    cpu_us(&mut forest);
    world.work(11, 100);
    world.work(12, 1_000);
    assert_eq!(sample(&mut forest).disk_written_bytes, Some(110));
    world.work(12, 200);
    world.end(12);
    world.work(11, 20);
    world.end(11);
    assert_eq!(cpu_us(&mut forest), 1_320);
    assert_eq!(sample(&mut forest).disk_written_bytes, Some(132));
}

#[test]
fn a_process_stays_in_its_tree_when_its_parent_ends_first() {
    let world = World::new();
    world.start(11, ROOT);
    world.start(12, 11);
    let mut forest = world.watch();
    cpu_us(&mut forest);
    world.end(11);
    world.work(12, 90);
    world.start(13, 12);
    world.work(13, 9);
    let sample = sample(&mut forest);
    assert_eq!((sample.process_count, sample.cpu_time_s), (3, 99e-6));
}

#[test]
fn a_pid_that_passed_to_another_process_is_not_mistaken() {
    let world = World::new();
    world.start(11, ROOT);
    let mut forest = world.watch();
    cpu_us(&mut forest);
    world.work(11, 500);
    cpu_us(&mut forest);
    world.end(11);
    world.start(11, 1);
    world.work(11, 77_000);
    let sample = sample(&mut forest);
    assert_eq!((sample.process_count, sample.cpu_time_s), (1, 500e-6), "a stranger has the pid");
    world.vanish(11);
    world.start(11, ROOT);
    world.work(11, 40);
    assert_eq!(cpu_us(&mut forest), 540, "a new child has the pid");

    world.vanish(ROOT);
    world.start(ROOT, 1);
    assert!(forest.read(Instant::now()).is_empty(), "a stranger has the root's pid");
}

#[test]
fn a_figure_that_one_process_hides_is_absent_for_the_tree() {
    let world = World::new();
    world.start(11, ROOT);
    world.change(11, |process| {
        process.disk_written_bytes = None;
        process.open_fd_count = None;
    });
    let mut forest = world.watch();
    let sample = sample(&mut forest);
    assert_eq!((sample.disk_written_bytes, sample.open_fd_count), (None, None));
    assert_eq!((sample.disk_read_bytes, sample.thread_count), (Some(0), Some(2)));
    assert_eq!(sample.rss_bytes, 2_000);
}

#[test]
fn a_scan_is_made_every_tenth_reading_and_only_where_children_are_not_told() {
    let world = World::new();
    let mut forest = world.watch();
    for _ in 0..30 {
        cpu_us(&mut forest);
    }
    assert_eq!(world.0.borrow().scan_count, 0);

    world.0.borrow_mut().tells_children = false;
    let mut forest = world.watch();
    for _ in 0..30 {
        cpu_us(&mut forest);
    }
    assert_eq!(world.0.borrow().scan_count, 3);
}

#[test]
fn a_child_known_only_from_an_old_scan_is_checked_again() {
    let world = World::new();
    world.0.borrow_mut().tells_children = false;
    world.start(11, ROOT);
    let mut forest = world.watch();
    assert_eq!(sample(&mut forest).process_count, 2);
    world.end(11);
    world.start(11, 1);
    assert_eq!(sample(&mut forest).process_count, 1);
}

/// Something that happens to processes.
#[derive(Debug, Clone)]
enum Event {
    Start { pid: u32, parent: u32 },
    Work { pid: u32, us: u64 },
    End { pid: u32 },
    Read,
    ReadWhileEnding { pid: u32 },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let pid = 11..16_u32;
    let event = prop_oneof![
        3 => (pid.clone(), ROOT..16).prop_map(|(pid, parent)| Event::Start { pid, parent }),
        3 => (ROOT..16, 0..10_000_u64).prop_map(|(pid, us)| Event::Work { pid, us }),
        2 => pid.clone().prop_map(|pid| Event::End { pid }),
        2 => Just(Event::Read),
        1 => pid.prop_map(|pid| Event::ReadWhileEnding { pid }),
    ];
    prop::collection::vec(event, 0..60)
}

proptest! {
    /// Where every parent waits and no process outlives its parent, not a microsecond is lost or counted twice.
    #[test]
    fn every_microsecond_counts_once(events in events()) {
        let world = World::new();
        let mut forest = world.watch();
        cpu_us(&mut forest);
        let (mut used_us, mut before_us) = (0, 0);
        let lives = |pid| world.0.borrow().processes.contains_key(&pid);
        let is_leaf = |pid| world.0.borrow().processes.values().all(|process| process.parent != pid);
        for event in events {
            match event {
                Event::Start { pid, parent } if !lives(pid) && lives(parent) => world.start(pid, parent),
                Event::Work { pid, us } if lives(pid) => {
                    world.work(pid, us);
                    used_us += us;
                }
                Event::End { pid } if lives(pid) && is_leaf(pid) => world.end(pid),
                Event::ReadWhileEnding { pid } if lives(pid) && is_leaf(pid) => {
                    world.0.borrow_mut().ends_after_its_parent_is_read = Some(pid);
                    let now_us = cpu_us(&mut forest);
                    prop_assert!((before_us..=used_us).contains(&now_us));
                    before_us = cpu_us(&mut forest);
                    prop_assert_eq!(before_us, used_us);
                }
                Event::Read => {
                    before_us = cpu_us(&mut forest);
                    prop_assert_eq!(before_us, used_us);
                }
                _ => {}
            }
        }
        prop_assert_eq!(cpu_us(&mut forest), used_us);
    }

    /// Whatever happens, the sum never falls and never exceeds what was used.
    #[test]
    fn time_never_falls_and_is_never_invented(events in events()) {
        let world = World::new();
        let mut forest = world.watch();
        cpu_us(&mut forest);
        let (mut used_us, mut before_us) = (0, 0);
        let lives = |pid| world.0.borrow().processes.contains_key(&pid);
        for event in events {
            match event {
                Event::Start { pid, parent } if !lives(pid) && lives(parent) => world.start(pid, parent),
                Event::Work { pid, us } if lives(pid) => {
                    world.work(pid, us);
                    used_us += us;
                }
                Event::End { pid } if lives(pid) && pid % 2 == 0 => world.end(pid),
                Event::End { pid } if lives(pid) => {
                    world.vanish(pid);
                }
                _ => {
                    let now_us = cpu_us(&mut forest);
                    prop_assert!((before_us..=used_us).contains(&now_us), "{now_us} of {used_us}, {before_us} before");
                    before_us = now_us;
                }
            }
        }
    }
}

#[test]
fn roots_of_other_trees_are_left_to_them() {
    let world = World::new();
    world.start(20, ROOT);
    world.start(21, 20);
    let roots = [(Role::Generator, ROOT), (Role::Target, 20)];
    let (mut forest, _) = Forest::new(world.clone(), &roots);
    forest.read(Instant::now());
    world.work(21, 600);
    world.work(ROOT, 5);
    let by_role: HashMap<_, _> =
        forest.read(Instant::now()).into_iter().map(|sample| (sample.role, sample.cpu_time_s)).collect();
    assert_eq!(by_role, HashMap::from([(Role::Generator, 5e-6), (Role::Target, 600e-6)]));
    world.end(21);
    world.end(20);
    let left = forest.read(Instant::now());
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].role, left[0].cpu_time_s), (Role::Generator, 5e-6));
}
