//! What is watched by how many events.

use super::tasks::Thread;

/// Of the descriptors that the process may have, events take at most one in so many: the load generator needs one a connection.
const SHARE: usize = 4;
/// Descriptors that are left for the rest of the program in any case.
const RESERVE: usize = 256;
/// Events at most: each costs the kernel some kilobytes, and a turn of every reading.
const MOST_EVENTS: usize = 8192;
/// Memory that all rings together should stay below, where that leaves each enough for one reading.
const RINGS_BYTES: usize = 8 << 20;
/// The smallest and the largest ring of a thread: some deep stacks, and half a second of them at 99 Hz.
const THREAD_RING_BYTES: (usize, usize) = (8 << 10, 64 << 10);
/// The smallest and the largest ring of a CPU: what all processes start and map goes there as well. The kernel lets a user without
/// privileges have a little more of them on each CPU (`perf_event_mlock_kb`, 516).
const CPU_RING_BYTES: (usize, usize) = (64 << 10, 512 << 10);

/// How the target is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Watch {
    /// Every CPU, whoever runs there; what is not the target's is passed over. The clock of such an event runs on when threads take turns.
    /// That of a thread's event is set and stopped at each turn, which on a virtual machine costs the target microseconds.
    Machine,
    /// The target's threads, wherever they run.
    Threads(ThreadPlan),
}

/// Which threads are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ThreadPlan {
    /// The threads that get events of their own.
    pub(super) tids: Vec<u32>,
    /// Whether each thread has one event a CPU, which its children inherit. Without, each has one for all CPUs, and threads
    /// that come later have to be looked for.
    pub(super) is_inherited: bool,
    /// Whether rings are as small as they may be: a better way was refused, and their memory may be why.
    pub(super) is_frugal: bool,
    /// Threads there are.
    pub(super) thread_count: usize,
}

/// What one event watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject {
    /// A thread, or all.
    pub(super) tid: Option<u32>,
    /// A CPU, or all.
    pub(super) cpu: Option<usize>,
}

impl Watch {
    /// The ways to watch that come into question, the better first: the kernel may refuse any.
    pub(super) fn ways(
        threads: &[Thread],
        cpu_count: usize,
        event_budget: usize,
        may_watch_machine: bool,
    ) -> Vec<Self> {
        let machine = (may_watch_machine && cpu_count <= event_budget).then_some(Self::Machine);
        let inherited = ThreadPlan::inherited(threads, cpu_count, event_budget);
        let each = ThreadPlan::each(threads, event_budget, inherited.is_some());
        machine.into_iter().chain(inherited.map(Self::Threads)).chain([Self::Threads(each)]).collect()
    }

    /// What its events watch, one each.
    pub(super) fn subjects(&self, cpus: &[usize]) -> Vec<Subject> {
        let each_cpu = |tid| cpus.iter().map(move |&cpu| Subject { tid, cpu: Some(cpu) });
        match self {
            Self::Machine => each_cpu(None).collect(),
            Self::Threads(plan) if plan.is_inherited => {
                plan.tids.iter().flat_map(|&tid| each_cpu(Some(tid))).collect()
            }
            Self::Threads(plan) => plan.tids.iter().map(|&tid| Subject::thread(tid)).collect(),
        }
    }

    /// Whether so many of its events are enough, where some found their thread ended: without these the others are still seen, without
    /// a CPU nobody knows what is missing. Of threads with one event each those are known that have none.
    pub(super) fn is_enough(&self, opened: usize, ended: usize, of: usize) -> bool {
        match self {
            Self::Machine => opened == of,
            Self::Threads(plan) if plan.is_inherited => opened > 0 && opened + ended == of,
            Self::Threads(_) => opened > 0,
        }
    }

    /// How large each of so many rings is to be.
    pub(super) fn ring_bytes(&self, events: usize) -> usize {
        let share = RINGS_BYTES / events.max(1);
        let below = if share.is_power_of_two() { share } else { share.next_power_of_two() / 2 };
        let (least, most) = match self {
            Self::Machine => CPU_RING_BYTES,
            Self::Threads(plan) if plan.is_frugal => (THREAD_RING_BYTES.0, THREAD_RING_BYTES.0),
            Self::Threads(_) => THREAD_RING_BYTES,
        };
        below.clamp(least, most)
    }
}

impl Subject {
    /// One thread, wherever it runs.
    pub(super) fn thread(tid: u32) -> Self {
        Self { tid: Some(tid), cpu: None }
    }
}

impl ThreadPlan {
    /// One event a thread and CPU, where there are descriptors for it: the kernel maps no ring for an inherited event of all CPUs.
    fn inherited(threads: &[Thread], cpu_count: usize, event_budget: usize) -> Option<Self> {
        (threads.len().saturating_mul(cpu_count) <= event_budget).then(|| Self {
            tids: threads.iter().map(|thread| thread.tid).collect(),
            is_inherited: true,
            is_frugal: false,
            thread_count: threads.len(),
        })
    }

    /// One event a thread, those that used most CPU so far first: where even these are too many, the others have none.
    fn each(threads: &[Thread], event_budget: usize, is_frugal: bool) -> Self {
        let mut busiest: Vec<Thread> = threads.to_vec();
        busiest.sort_by_key(|thread| (std::cmp::Reverse(thread.cpu_ticks), thread.tid));
        busiest.truncate(event_budget.max(1));
        Self {
            tids: busiest.iter().map(|thread| thread.tid).collect(),
            is_inherited: false,
            is_frugal,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(count: u32) -> Vec<Thread> {
        (1..=count).map(|tid| Thread { tid, cpu_ticks: u64::from(tid % 100) }).collect()
    }

    fn plan(watch: &Watch) -> &ThreadPlan {
        match watch {
            Watch::Threads(plan) => plan,
            Watch::Machine => panic!("threads were to be watched"),
        }
    }

    #[test]
    fn the_machine_is_watched_where_that_is_permitted_and_threads_where_it_fails() {
        let ways = Watch::ways(&threads(5000), 4, 100, true);
        assert!(matches!(&ways[..], [Watch::Machine, Watch::Threads(_)]), "{ways:?}");
        assert_eq!(ways[0].subjects(&[0, 2]).len(), 2);
        assert!(ways[0].subjects(&[0, 2]).iter().all(|subject| subject.tid.is_none()));
        // More processors than descriptors.
        assert!(matches!(Watch::ways(&threads(10), 128, 100, true)[..], [Watch::Threads(_)]));
    }

    #[test]
    fn what_is_missing_must_be_known() {
        assert!(Watch::Machine.is_enough(4, 0, 4));
        assert!(!Watch::Machine.is_enough(3, 0, 4));
        let [inherited, each] = &Watch::ways(&threads(3), 4, 100, false)[..] else { panic!("two ways") };
        // A thread that has ended is not missing, a CPU that was refused is.
        assert!(inherited.is_enough(12, 0, 12) && inherited.is_enough(9, 3, 12));
        assert!(!inherited.is_enough(3, 0, 12) && !inherited.is_enough(0, 12, 12));
        assert!(each.is_enough(1, 0, 3));
        assert!(!each.is_enough(0, 3, 3));
    }

    #[test]
    fn few_threads_have_an_event_on_every_cpu_and_one_each_with_small_rings_where_that_fails() {
        let [inherited, each] = &Watch::ways(&threads(10), 4, 40, false)[..] else { panic!("two ways") };
        assert!(plan(inherited).is_inherited && !plan(each).is_inherited);
        assert_eq!((plan(inherited).tids.len(), plan(inherited).thread_count), (10, 10));
        let subjects = inherited.subjects(&[0, 1, 2, 3]);
        assert_eq!(subjects.len(), 40);
        assert_eq!(subjects[5], Subject { tid: Some(2), cpu: Some(1) });
        assert_eq!((inherited.ring_bytes(1), each.ring_bytes(1)), (64 << 10, 8 << 10));
    }

    #[test]
    fn more_have_one_event_each_the_busiest_first() {
        let [each] = &Watch::ways(&threads(11), 4, 40, false)[..] else { panic!("one way") };
        assert!(!plan(each).is_inherited);
        let subjects = each.subjects(&[0, 1, 2, 3]);
        assert_eq!(subjects.len(), 11);
        assert_eq!((subjects[0], subjects[10]), (Subject::thread(11), Subject::thread(1)));
    }

    #[test]
    fn of_5000_threads_those_that_worked_most_are_watched() {
        let plan = ThreadPlan::each(&threads(5000), 100, false);
        assert_eq!((plan.tids.len(), plan.thread_count), (100, 5000));
        assert!(plan.tids.iter().all(|tid| tid % 100 >= 98), "{:?}", plan.tids);
    }

    #[test]
    fn no_thread_and_no_descriptor_do_not_break_it() {
        assert_eq!(ThreadPlan::each(&[], 0, false).tids, Vec::<u32>::new());
        assert_eq!(ThreadPlan::each(&threads(3), 0, false).tids.len(), 1);
        assert_eq!(event_budget(64, 100), 1);
        assert_eq!(event_budget(1024, 24), 256);
        assert_eq!(event_budget(1024, 700), 68);
        assert_eq!(event_budget(u64::MAX, 3), MOST_EVENTS);
    }

    #[test]
    fn rings_share_their_memory() {
        let threads = Watch::Threads(ThreadPlan::each(&[], 0, false));
        let sizes = [0, 1, 128, 200, 1024, 100_000].map(|events| threads.ring_bytes(events) >> 10);
        assert_eq!(sizes, [64, 64, 64, 32, 8, 8]);
        let sizes = [1, 16, 40, 512].map(|events| Watch::Machine.ring_bytes(events) >> 10);
        assert_eq!(sizes, [512, 512, 128, 64]);
    }
}
