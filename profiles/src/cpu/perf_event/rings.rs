//! The events that sample, and the rings the kernel writes their samples into.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use perf_event::events::Software;
use perf_event::{Builder, SampleFlag, Sampler};
use perf_event_data::endian::Native;
use perf_event_data::parse::ParseConfig;

use super::cpus::online_cpus;
use super::permissions::Scope;
use super::plan::{Subject, Watch, event_budget};
use super::record::{Event, read_record};
use super::tasks::threads;

/// Every event that watches the target.
pub(super) struct Rings {
    samplers: Vec<Sampler>,
    config: Option<ParseConfig<Native>>,
    sampling: Sampling,
    watch: Watch,
    /// Threads that have events of their own.
    watched: BTreeSet<u32>,
    /// Events that may still be opened.
    room: usize,
    /// Why an event was refused, where others are enough.
    refusal: Option<io::Error>,
}

/// How it is sampled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    pub(super) rate_hz: u32,
    pub(super) scope: Scope,
    /// Whether events of all processes may be tried.
    pub(super) may_watch_machine: bool,
}

impl Rings {
    /// Opens events for some processes, in the best way that the kernel permits. They do not sample yet.
    ///
    /// # Errors
    /// Where none is permitted: why the last was refused.
    pub(super) fn open(processes: &BTreeSet<u32>, sampling: Sampling) -> io::Result<Self> {
        let cpus = online_cpus();
        let budget = budget();
        let ways = Watch::ways(&threads(processes), cpus.len(), budget, sampling.may_watch_machine);
        first_that_opens(ways, |watch| Self::watching(watch, &cpus, sampling, budget))
    }

    /// Lets them sample, or stops them.
    pub(super) fn enable(&mut self, is_on: bool) {
        for sampler in &mut self.samplers {
            // Fails only for what has ended.
            let _ = if is_on { sampler.enable() } else { sampler.disable() };
        }
    }

    /// Takes out what was written since the last call.
    pub(super) fn drain(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let Some(config) = &self.config else {
            return events;
        };
        for sampler in &mut self.samplers {
            while let Some(record) = sampler.next_record() {
                events.extend(read_record(record.ty(), record.misc(), &record.to_contiguous(), config));
            }
        }
        events
    }

    /// Watches threads that came since, where they are not watched anyway.
    pub(super) fn find_new_threads(&mut self, processes: &BTreeSet<u32>) {
        let Watch::Threads(plan) = &mut self.watch else {
            return;
        };
        if plan.is_inherited {
            return;
        }
        let now = threads(processes);
        plan.thread_count = plan.thread_count.max(now.len());
        let bytes = self.watch.ring_bytes(usize::MAX);
        for thread in now {
            if self.room == 0 {
                break;
            }
            if self.watched.contains(&thread.tid) {
                continue;
            }
            match self.add(Subject::thread(thread.tid), bytes) {
                Ok(()) => {
                    let _ = self.samplers.last_mut().map(|sampler| sampler.enable());
                }
                Err(error) if is_gone(&error) => {}
                Err(error) => self.refusal = Some(error),
            }
        }
    }

    /// Threads that have events, of threads there were, where each needs its own; children that inherit them are not counted.
    pub(super) fn watched_threads(&self) -> Option<(usize, usize)> {
        match &self.watch {
            Watch::Machine => None,
            Watch::Threads(plan) => Some((self.watched.len(), plan.thread_count.max(self.watched.len()))),
        }
    }

    /// Why there are not more.
    pub(super) fn refusal(&self) -> Option<&io::Error> {
        self.refusal.as_ref()
    }

    fn watching(watch: Watch, cpus: &[usize], sampling: Sampling, room: usize) -> io::Result<Self> {
        let subjects = watch.subjects(cpus);
        let bytes = watch.ring_bytes(subjects.len());
        let mut rings = Self {
            samplers: Vec::new(),
            config: None,
            sampling,
            watch,
            watched: BTreeSet::new(),
            room,
            refusal: None,
        };
        let opened = open_each(&subjects, |subject| rings.add(subject, bytes));
        if !rings.watch.is_enough(opened.count, opened.ended.len(), subjects.len()) {
            return Err(opened.refusal.unwrap_or_else(gone));
        }
        if let Watch::Threads(plan) = &mut rings.watch {
            let ended: BTreeSet<u32> = opened.ended.iter().filter_map(|subject| subject.tid).collect();
            plan.thread_count = plan.thread_count.saturating_sub(ended.difference(&rings.watched).count());
        }
        rings.refusal = opened.refusal;
        Ok(rings)
    }

    fn add(&mut self, subject: Subject, bytes: usize) -> io::Result<()> {
        let sampler = self.builder(subject)?.build()?.sampled(bytes)?;
        self.config.get_or_insert_with(|| sampler.as_counter().config().clone());
        self.samplers.push(sampler);
        self.room = self.room.saturating_sub(1);
        self.watched.extend(subject.tid);
        Ok(())
    }

    fn builder(&self, subject: Subject) -> io::Result<Builder<'static>> {
        let mut builder = event(subject, self.sampling.scope)?;
        builder
            .sample_frequency(u64::from(self.sampling.rate_hz.max(1)))
            .sample(SampleFlag::IP | SampleFlag::TID | SampleFlag::TIME | SampleFlag::CALLCHAIN)
            .sample_id_all(true)
            .exclude_idle(true)
            .mmap(true)
            .mmap2(true)
            .comm(true)
            .comm_exec(true)
            .task(true)
            .inherit(matches!(&self.watch, Watch::Threads(plan) if plan.is_inherited));
        Ok(builder)
    }
}

/// What became of events that were to be opened.
#[derive(Debug, Default)]
struct Opened {
    /// Those that are open.
    count: usize,
    /// What had ended before its event was opened: a thread may at any time.
    ended: Vec<Subject>,
    /// Why the kernel refused one; those after it were not tried.
    refusal: Option<io::Error>,
}

/// Opens one event after the other until one is refused.
fn open_each(subjects: &[Subject], mut open: impl FnMut(Subject) -> io::Result<()>) -> Opened {
    let mut opened = Opened::default();
    for &subject in subjects {
        match open(subject) {
            Ok(()) => opened.count += 1,
            Err(error) if is_gone(&error) => opened.ended.push(subject),
            Err(error) => {
                opened.refusal = Some(error);
                break;
            }
        }
    }
    opened
}

/// Asks the kernel whether it would sample a process, and takes no sample.
///
/// # Errors
/// As the kernel refuses.
pub(super) fn try_event(pid: u32, scope: Scope) -> io::Result<()> {
    event(Subject::thread(pid), scope)?.build().map(drop)
}

/// An event of the CPU clock, off.
fn event(subject: Subject, scope: Scope) -> io::Result<Builder<'static>> {
    let mut builder = Builder::new(Software::CPU_CLOCK);
    match subject.tid {
        Some(tid) => builder.observe_pid(i32::try_from(tid).map_err(|_| gone())?),
        None => builder.any_pid(),
    };
    match subject.cpu {
        Some(cpu) => builder.one_cpu(cpu),
        None => builder.any_cpu(),
    };
    match scope {
        Scope::User => builder.exclude_callchain_kernel(true),
        Scope::UserAndKernel => builder.include_kernel(),
    };
    Ok(builder)
}

/// Tries one way after the other.
///
/// # Errors
/// Why the last was refused.
fn first_that_opens<T>(ways: Vec<Watch>, mut open: impl FnMut(Watch) -> io::Result<T>) -> io::Result<T> {
    let mut refusal = gone();
    for watch in ways {
        match open(watch) {
            Ok(opened) => return Ok(opened),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn gone() -> io::Error {
    io::Error::from_raw_os_error(Errno::ESRCH as i32)
}

fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == gone().raw_os_error()
}

fn budget() -> usize {
    let soft_limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    event_budget(soft_limit, fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

#[cfg(test)]
mod tests {
    use super::super::tasks::Thread;
    use super::*;

    #[test]
    fn a_process_that_is_not_there_is_refused_as_such() {
        // Above the kernel's highest pid, 2^22.
        let error = try_event(1 << 30, Scope::User).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(Errno::ESRCH as i32));
    }

    #[test]
    fn where_the_machine_is_refused_threads_are_watched() {
        let ways = || Watch::ways(&[Thread { tid: 7, cpu_ticks: 0 }], 2, 100, true);
        let container = |watch: Watch| match watch {
            Watch::Machine => Err(io::Error::from_raw_os_error(Errno::EACCES as i32)),
            Watch::Threads(plan) => Ok(plan.tids),
        };
        assert_eq!(first_that_opens(ways(), container).unwrap(), [7]);
        let mut tried = Vec::new();
        let first = first_that_opens(ways(), |watch| {
            tried.push(watch);
            Ok(())
        });
        assert!(first.is_ok());
        assert_eq!(tried, [Watch::Machine]);
    }

    #[test]
    fn where_a_cpu_is_refused_part_way_threads_have_one_event_each() {
        // One thread, of whose eight CPUs the kernel refuses the fourth: memory for three rings is all there is.
        let cpus: Vec<usize> = (0..8).collect();
        let ways = Watch::ways(&[Thread { tid: 7, cpu_ticks: 0 }], 8, 100, false);
        let three_rings = |watch: Watch| {
            let mut left = 3;
            let subjects = watch.subjects(&cpus);
            let opened = open_each(&subjects, |_| {
                let refused = || io::Error::from_raw_os_error(Errno::EPERM as i32);
                left = usize::checked_sub(left, 1).ok_or_else(refused)?;
                Ok(())
            });
            let is_enough = watch.is_enough(opened.count, opened.ended.len(), subjects.len());
            if is_enough { Ok((subjects, opened.count)) } else { Err(opened.refusal.unwrap()) }
        };
        assert_eq!(first_that_opens(ways, three_rings).unwrap(), (vec![Subject::thread(7)], 1));
    }

    #[test]
    fn a_thread_that_ended_does_not_stop_the_others_and_a_refusal_does() {
        let subjects = [1, 2, 3, 4].map(Subject::thread);
        let opened = open_each(&subjects, |subject| match subject.tid {
            Some(2) => Err(gone()),
            Some(4) => Err(io::Error::from_raw_os_error(Errno::EMFILE as i32)),
            _ => Ok(()),
        });
        assert_eq!((opened.count, &opened.ended[..]), (2, &[Subject::thread(2)][..]));
        assert_eq!(opened.refusal.unwrap().raw_os_error(), Some(Errno::EMFILE as i32));
    }

    #[test]
    fn where_all_is_refused_the_last_reason_counts() {
        let ways = Watch::ways(&[], 2, 100, true);
        let errors = [Errno::EACCES, Errno::ENOMEM, Errno::EPERM];
        let mut errors = errors.into_iter().map(|errno| io::Error::from_raw_os_error(errno as i32));
        let refusal = first_that_opens(ways, |_| errors.next().map_or(Ok(()), Err)).unwrap_err();
        assert_eq!(refusal.raw_os_error(), Some(Errno::EPERM as i32));
    }
}
