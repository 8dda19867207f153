//! The events that sample, and the rings the kernel writes their samples into.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use nix::sys::resource::{Resource, getrlimit};
use perf_event::events::Software;
use perf_event::{Builder, SampleFlag, Sampler};
use perf_event_data::endian::Native;
use perf_event_data::parse::ParseConfig;

use super::permissions::Scope;
use super::plan::{Plan, event_budget, ring_bytes};
use super::record::{Event, read_record};
use super::tasks::{Root, process_tree, threads};

/// Every event that watches the target.
pub(super) struct Rings {
    samplers: Vec<Sampler>,
    config: Option<ParseConfig<Native>>,
    sampling: Sampling,
    plan: Plan,
    watched: BTreeSet<u32>,
    /// Events that may still be opened.
    room: usize,
}

/// How it is sampled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    pub(super) rate_hz: u32,
    pub(super) scope: Scope,
}

impl Rings {
    /// Opens events for every thread of the process tree, as many as there is room for. They do not sample yet.
    ///
    /// # Errors
    /// Where not one could be opened: why the last could not.
    pub(super) fn open(root: &Root, sampling: Sampling) -> io::Result<Self> {
        let cpus = online_cpus();
        let found = threads(&process_tree(root));
        let budget = budget();
        let plan = Plan::new(&found, cpus.len(), budget);
        let mut rings = Self {
            samplers: Vec::new(),
            config: None,
            sampling,
            plan: plan.clone(),
            watched: BTreeSet::new(),
            room: budget,
        };
        let everywhere: &[Option<usize>] = &[None];
        let cpus: Vec<Option<usize>> = cpus.into_iter().map(Some).collect();
        let places = if plan.is_inherited { &cpus[..] } else { everywhere };
        let bytes = ring_bytes(plan.tids.len() * places.len());
        let mut refusal = io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32);
        for &tid in &plan.tids {
            if let Err(error) = rings.watch(tid, places, bytes) {
                // A thread may have ended meanwhile; the others are still there.
                let has_ended = error.raw_os_error() == Some(nix::errno::Errno::ESRCH as i32);
                refusal = error;
                if !has_ended {
                    break;
                }
            }
        }
        if rings.samplers.is_empty() { Err(refusal) } else { Ok(rings) }
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

    /// Watches threads that came since, where events are not inherited.
    pub(super) fn find_new_threads(&mut self, root: &Root) {
        if self.plan.is_inherited {
            return;
        }
        let now = threads(&process_tree(root));
        self.plan.thread_count = self.plan.thread_count.max(now.len());
        for thread in now {
            if self.room == 0 {
                break;
            }
            if !self.watched.contains(&thread.tid)
                && self.watch(thread.tid, &[None], ring_bytes(usize::MAX)).is_ok()
            {
                let _ = self.samplers.last_mut().map(|sampler| sampler.enable());
            }
        }
    }

    /// Threads that have events, of threads there were; children that inherit them are not counted.
    pub(super) fn watched_threads(&self) -> (usize, usize) {
        (self.watched.len(), self.plan.thread_count.max(self.watched.len()))
    }

    fn watch(&mut self, tid: u32, places: &[Option<usize>], bytes: usize) -> io::Result<()> {
        for &cpu in places {
            let sampler = self.builder(tid, cpu)?.build()?.sampled(bytes)?;
            self.config.get_or_insert_with(|| sampler.as_counter().config().clone());
            self.samplers.push(sampler);
            self.room = self.room.saturating_sub(1);
            self.watched.insert(tid);
        }
        Ok(())
    }

    fn builder(&self, tid: u32, cpu: Option<usize>) -> io::Result<Builder<'static>> {
        let mut builder = event(tid, self.sampling.scope)?;
        builder
            .sample_frequency(u64::from(self.sampling.rate_hz.max(1)))
            .sample(SampleFlag::IP | SampleFlag::TID | SampleFlag::TIME | SampleFlag::CALLCHAIN)
            .sample_id_all(true)
            .mmap(true)
            .mmap2(true)
            .comm(true)
            .comm_exec(true)
            .task(true)
            .inherit(self.plan.is_inherited);
        match cpu {
            Some(cpu) => builder.one_cpu(cpu),
            None => builder.any_cpu(),
        };
        Ok(builder)
    }
}

/// Asks the kernel whether it would sample a process, and takes no sample.
///
/// # Errors
/// As the kernel refuses.
pub(super) fn try_event(pid: u32, scope: Scope) -> io::Result<()> {
    event(pid, scope)?.any_cpu().build().map(drop)
}

/// An event of the CPU clock of one thread, off.
fn event(tid: u32, scope: Scope) -> io::Result<Builder<'static>> {
    let tid =
        i32::try_from(tid).map_err(|_| io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32))?;
    let mut builder = Builder::new(Software::CPU_CLOCK);
    builder.observe_pid(tid);
    match scope {
        Scope::User => builder.exclude_callchain_kernel(true),
        Scope::UserAndKernel => builder.include_kernel(),
    };
    Ok(builder)
}

fn budget() -> usize {
    let soft_limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
    event_budget(soft_limit, fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

/// Processors that are on, as `/sys/devices/system/cpu/online` lists them.
fn online_cpus() -> Vec<usize> {
    let list = fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let cpus = parse_cpu_list(&list);
    if !cpus.is_empty() {
        return cpus;
    }
    (0..std::thread::available_parallelism().map_or(1, usize::from)).collect()
}

/// `0-3,8` is 0, 1, 2, 3 and 8.
fn parse_cpu_list(list: &str) -> Vec<usize> {
    let ranges = list.trim().split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.trim().parse::<usize>().ok()?, last.trim().parse::<usize>().ok()?))
    });
    // No machine has more, and a range of nonsense must not fill the memory.
    ranges.flat_map(|(first, last)| first..=last.min(first.saturating_add(8191))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_ranges_and_numbers() {
        assert_eq!(parse_cpu_list("0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(parse_cpu_list("0\n"), [0]);
        assert_eq!(parse_cpu_list(""), Vec::<usize>::new());
        assert_eq!(parse_cpu_list("x,2-y,4-"), Vec::<usize>::new());
        assert_eq!(parse_cpu_list("0-18446744073709551615").len(), 8192);
    }

    #[test]
    fn a_process_that_is_not_there_is_refused_as_such() {
        // Above the kernel's highest pid, 2^22.
        let error = try_event(1 << 30, Scope::User).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::errno::Errno::ESRCH as i32));
    }
}
