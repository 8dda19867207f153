//! How many events watch how many threads.

use super::tasks::Thread;

/// Of the descriptors that the process may have, events take at most one in so many: the load generator needs one a connection.
const SHARE: usize = 4;
/// Descriptors that are left for the rest of the program in any case.
const RESERVE: usize = 256;
/// Events at most: each costs the kernel some kilobytes, and a turn of every reading.
const MOST_EVENTS: usize = 8192;
/// Memory that all rings together should stay below, where that leaves each enough for one reading.
const RINGS_BYTES: usize = 8 << 20;
/// The smallest and the largest ring: some deep stacks, and half a second of them at 99 Hz.
const RING_BYTES: (usize, usize) = (8 << 10, 64 << 10);

/// How the threads are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// The threads that get events of their own.
    pub(super) tids: Vec<u32>,
    /// Whether each thread has one event a CPU, which its children inherit. Without, each has one for all CPUs, and threads
    /// that come later have to be looked for.
    pub(super) is_inherited: bool,
    /// Threads there are.
    pub(super) thread_count: usize,
}

impl Plan {
    /// One event a thread and CPU where there are descriptors for it: the kernel maps no ring for an inherited event of all
    /// CPUs. One a thread otherwise, and where even those are too many, the threads that used most CPU so far.
    pub(super) fn new(threads: &[Thread], cpu_count: usize, event_budget: usize) -> Self {
        let is_inherited = threads.len().saturating_mul(cpu_count) <= event_budget;
        let mut busiest: Vec<Thread> = threads.to_vec();
        if !is_inherited && busiest.len() > event_budget {
            busiest.sort_by_key(|thread| (std::cmp::Reverse(thread.cpu_ticks), thread.tid));
            busiest.truncate(event_budget.max(1));
        }
        Self {
            tids: busiest.iter().map(|thread| thread.tid).collect(),
            is_inherited,
            thread_count: threads.len(),
        }
    }
}

/// Events that the limit of open files has room for.
pub(super) fn event_budget(soft_limit: u64, open_count: usize) -> usize {
    let limit = usize::try_from(soft_limit).unwrap_or(usize::MAX);
    let free = limit.saturating_sub(open_count).saturating_sub(RESERVE);
    free.min(limit / SHARE).clamp(1, MOST_EVENTS)
}

/// How large each of so many rings is to be.
pub(super) fn ring_bytes(events: usize) -> usize {
    let share = RINGS_BYTES / events.max(1);
    let below = if share.is_power_of_two() { share } else { share.next_power_of_two() / 2 };
    below.clamp(RING_BYTES.0, RING_BYTES.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(count: u32) -> Vec<Thread> {
        (1..=count).map(|tid| Thread { tid, cpu_ticks: u64::from(tid % 100) }).collect()
    }

    #[test]
    fn few_threads_have_an_event_on_every_cpu() {
        let plan = Plan::new(&threads(10), 4, 40);
        assert!(plan.is_inherited);
        assert_eq!((plan.tids.len(), plan.thread_count), (10, 10));
    }

    #[test]
    fn more_have_one_event_each() {
        let plan = Plan::new(&threads(11), 4, 40);
        assert!(!plan.is_inherited);
        assert_eq!(plan.tids.len(), 11);
    }

    #[test]
    fn of_5000_threads_those_that_worked_most_are_watched() {
        let plan = Plan::new(&threads(5000), 4, 100);
        assert!(!plan.is_inherited);
        assert_eq!((plan.tids.len(), plan.thread_count), (100, 5000));
        assert!(plan.tids.iter().all(|tid| tid % 100 >= 98), "{:?}", plan.tids);
    }

    #[test]
    fn no_thread_and_no_descriptor_do_not_break_it() {
        assert_eq!(Plan::new(&[], 4, 0).tids, Vec::<u32>::new());
        assert_eq!(Plan::new(&threads(3), 4, 0).tids.len(), 1);
        assert_eq!(event_budget(64, 100), 1);
        assert_eq!(event_budget(1024, 24), 256);
        assert_eq!(event_budget(1024, 700), 68);
        assert_eq!(event_budget(u64::MAX, 3), MOST_EVENTS);
    }

    #[test]
    fn rings_share_their_memory() {
        assert_eq!([0, 1, 128, 200, 1024, 100_000].map(ring_bytes), [65536, 65536, 65536, 32768, 8192, 8192]);
    }
}
