//! Samples of the target counted by where they stood, in the order in which things happened.

use std::collections::{BTreeSet, HashMap};

use super::address_space::{AddressSpace, mapped_code};
use super::binaries::Binaries;
use super::record::{Address, Event, Happening};

/// Where one address of a stack points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    /// The kernel's code.
    Kernel(u64),
    /// A binary, by its place in the table, and where in its file.
    File { binary: u32, offset: u64 },
    /// Code that a process made while it ran.
    Generated { pid: u32, address: u64 },
    /// Nothing that is known of.
    Unmapped,
}

/// Everything that was sampled.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Of the target's processes and no others.
    spaces: HashMap<u32, AddressSpace>,
    pub(super) binaries: Binaries,
    /// Stacks, the function that ran first, and their samples.
    pub(super) stacks: HashMap<Vec<Place>, u64>,
    pub(super) kept: u64,
    /// Lost by a ring, which in that of a CPU may have been another process's.
    pub(super) lost: u64,
    /// Samples that saw the program itself, and how many of its frames.
    user_samples: u64,
    user_frames: u64,
    waiting: Vec<Event>,
    /// The newest event of the round before: what is older has certainly been taken out of every ring by now.
    settled_ns: u64,
}

impl Tally {
    /// From now on these processes count, as does what they fork: those that do not yet are read for what they have in memory.
    pub(super) fn attach(&mut self, processes: &BTreeSet<u32>) {
        for &pid in processes {
            if !self.spaces.contains_key(&pid) {
                self.read_space(pid);
            }
        }
    }

    /// Takes one round of all rings. Each ring has its own order, so an event counts once the rings have been read again after it.
    pub(super) fn take(&mut self, events: Vec<Event>) {
        let newest_ns = events.iter().map(|event| event.at_ns).max().unwrap_or(0);
        self.waiting.extend(events);
        self.count_until(self.settled_ns);
        self.settled_ns = self.settled_ns.max(newest_ns);
    }

    /// Counts what waits. To be called after the last round.
    pub(super) fn finish(&mut self) {
        self.count_until(u64::MAX);
    }

    /// Processes that are known of.
    pub(super) fn processes(&self) -> impl Iterator<Item = u32> + '_ {
        self.spaces.keys().copied()
    }

    /// How many frames of the program a stack has, on average, without those that are inlined.
    pub(super) fn mean_user_depth(&self) -> Option<f64> {
        (self.user_samples > 0).then(|| self.user_frames as f64 / self.user_samples as f64)
    }

    fn count_until(&mut self, at_ns: u64) {
        let (mut ready, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|event| event.at_ns <= at_ns);
        self.waiting = waiting;
        ready.sort_by_key(|event| event.at_ns);
        for event in ready {
            self.count(event.what);
        }
    }

    fn count(&mut self, what: Happening) {
        match what {
            Happening::Sample { pid, stack } => self.count_sample(pid, &stack),
            Happening::Map { pid, mapping } => {
                if let Some(space) = self.spaces.get_mut(&pid) {
                    space.map(&mapping, self.binaries.place_of(pid, &mapping));
                }
            }
            Happening::Fork { pid, parent } => {
                match self.spaces.get(&parent).cloned() {
                    Some(space) => self.spaces.insert(pid, space),
                    // The number of one that has ended may be given to another's child.
                    None => self.spaces.remove(&pid),
                };
            }
            Happening::Exec { pid } => {
                if let Some(space) = self.spaces.get_mut(&pid) {
                    *space = AddressSpace::default();
                }
            }
            Happening::Lost(count) => self.lost = self.lost.saturating_add(count),
        }
    }

    fn count_sample(&mut self, pid: u32, stack: &[Address]) {
        let Some(space) = self.spaces.get(&pid) else {
            return;
        };
        let mut places: Vec<Place> = stack.iter().map(|address| self.place(pid, space, *address)).collect();
        // Without frame pointers the way to the caller ends in nonsense.
        while places.len() > 1 && places.last() == Some(&Place::Unmapped) {
            places.pop();
        }
        if places.is_empty() {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        let user_frames = places.iter().filter(|place| !matches!(place, Place::Kernel(_))).count() as u64;
        self.user_samples += u64::from(user_frames > 0);
        self.user_frames += user_frames;
        self.kept += 1;
        *self.stacks.entry(places).or_default() += 1;
    }

    fn place(&self, pid: u32, space: &AddressSpace, address: Address) -> Place {
        if address.is_kernel {
            return Place::Kernel(address.value);
        }
        let Some((binary, offset)) = space.find(address.value) else {
            return Place::Unmapped;
        };
        if self.binaries.get(binary).is_some_and(super::binaries::Binary::is_generated) {
            Place::Generated { pid, address: address.value }
        } else {
            Place::File { binary, offset }
        }
    }

    fn read_space(&mut self, pid: u32) {
        let mut space = AddressSpace::default();
        for code in mapped_code(pid) {
            let binary = self.binaries.place_of(pid, &code);
            space.map(&code, binary);
        }
        self.spaces.insert(pid, space);
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::MappedCode;
    use super::*;

    /// Above the kernel's highest pid, 2^22.
    const PID: u32 = 1 << 30;

    fn map(at_ns: u64, pid: u32, start: u64, path: &str) -> Event {
        let mapping = MappedCode { start, end: start + 0x1000, file_offset: 0, inode: 1, path: path.into() };
        Event { at_ns, what: Happening::Map { pid, mapping } }
    }

    fn sample(at_ns: u64, pid: u32, addresses: &[u64]) -> Event {
        let stack =
            addresses.iter().map(|&value| Address { value, is_kernel: value > u64::MAX / 2 }).collect();
        Event { at_ns, what: Happening::Sample { pid, stack } }
    }

    fn counted(rounds: Vec<Vec<Event>>) -> Tally {
        let mut tally = Tally::default();
        tally.attach(&BTreeSet::from([PID]));
        rounds.into_iter().for_each(|round| tally.take(round));
        tally.finish();
        tally
    }

    fn names(tally: &Tally) -> Vec<(String, u64)> {
        let name = |place: &Place| match place {
            Place::File { binary, offset } => {
                format!("{}+{offset:x}", tally.binaries.get(*binary).unwrap().path)
            }
            other => format!("{other:?}"),
        };
        let mut found: Vec<_> = tally
            .stacks
            .iter()
            .map(|(places, samples)| (places.iter().map(name).collect::<Vec<_>>().join(" "), *samples))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn what_one_ring_tells_late_still_counts_in_its_order() {
        // The second round brings a mapping that is older than a sample of the first.
        let tally = counted(vec![
            vec![sample(20, PID, &[0x1010])],
            vec![map(10, PID, 0x1000, "/app"), sample(30, PID, &[0x1020])],
        ]);
        assert_eq!(names(&tally), [("/app+10".to_owned(), 1), ("/app+20".to_owned(), 1)]);
    }

    #[test]
    fn a_fork_has_the_memory_of_its_parent_and_an_exec_its_own() {
        let fork = Event { at_ns: 2, what: Happening::Fork { pid: PID + 1, parent: PID } };
        let exec = Event { at_ns: 4, what: Happening::Exec { pid: PID + 1 } };
        let tally = counted(vec![vec![
            map(1, PID, 0x1000, "/app"),
            fork,
            sample(3, PID + 1, &[0x1000]),
            exec,
            map(5, PID + 1, 0x1000, "/tool"),
            sample(6, PID + 1, &[0x1000]),
        ]]);
        assert_eq!(names(&tally), [("/app+0".to_owned(), 1), ("/tool+0".to_owned(), 1)]);
    }

    #[test]
    fn what_is_not_the_targets_is_passed_over() {
        let stranger = PID + 7;
        let tally = counted(vec![vec![
            map(1, PID, 0x1000, "/app"),
            map(1, stranger, 0x1000, "/secret"),
            Event { at_ns: 2, what: Happening::Exec { pid: stranger } },
            Event { at_ns: 3, what: Happening::Fork { pid: stranger + 1, parent: stranger } },
            sample(4, PID, &[0x1000]),
            sample(4, stranger, &[0x1000]),
            sample(4, stranger + 1, &[0x1000]),
            // Idle, of another pid namespace, and one that is ending.
            sample(4, 0, &[u64::MAX - 5000]),
            sample(4, u32::MAX, &[0x1000]),
        ]]);
        assert_eq!((tally.kept, tally.lost), (1, 0));
        assert_eq!(names(&tally), [("/app+0".to_owned(), 1)]);
        assert!(tally.binaries.get(1).is_none());
        assert_eq!(tally.processes().collect::<Vec<_>>(), [PID]);
    }

    #[test]
    fn a_child_counts_from_its_fork_on_whichever_ring_told_first() {
        // One CPU's ring with the child's sample is read a round before the other's with its fork.
        let tally = counted(vec![
            vec![map(1, PID, 0x1000, "/app"), sample(20, PID + 1, &[0x1010])],
            vec![Event { at_ns: 10, what: Happening::Fork { pid: PID + 1, parent: PID } }],
        ]);
        assert_eq!(names(&tally), [("/app+10".to_owned(), 1)]);
    }

    #[test]
    fn a_number_that_is_given_to_the_child_of_another_counts_no_more() {
        let tally = counted(vec![vec![
            map(1, PID, 0x1000, "/app"),
            Event { at_ns: 2, what: Happening::Fork { pid: PID + 1, parent: PID } },
            sample(3, PID + 1, &[0x1000]),
            Event { at_ns: 4, what: Happening::Fork { pid: PID + 1, parent: PID + 7 } },
            sample(5, PID + 1, &[0x1000]),
        ]]);
        assert_eq!(tally.kept, 1);
    }

    #[test]
    fn nonsense_beyond_the_last_caller_is_cut_off_and_a_lone_one_is_kept() {
        let tally = counted(vec![vec![
            map(1, PID, 0x1000, "/app"),
            sample(2, PID, &[u64::MAX - 5000, 0x1000, 0x9000, 0x9100]),
            sample(3, PID, &[0x9000]),
        ]]);
        assert_eq!(tally.kept, 2);
        assert_eq!(tally.mean_user_depth(), Some(1.0));
        assert!(names(&tally).iter().any(|(stack, _)| stack == "Unmapped"));
    }

    #[test]
    fn code_made_at_run_time_is_kept_by_process_and_address() {
        let tally = counted(vec![vec![map(1, PID, 0x1000, "//anon"), sample(2, PID, &[0x1234])]]);
        assert_eq!(tally.stacks.keys().next().unwrap()[..], [Place::Generated { pid: PID, address: 0x1234 }]);
    }

    #[test]
    fn lost_samples_and_empty_stacks_are_counted_as_lost() {
        let lost = Event { at_ns: 1, what: Happening::Lost(5) };
        let tally = counted(vec![vec![lost, sample(2, PID, &[])]]);
        assert_eq!((tally.kept, tally.lost, tally.mean_user_depth()), (0, 6, None));
        assert_eq!(counted(Vec::new()).kept, 0);
    }
}
