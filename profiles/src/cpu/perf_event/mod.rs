//! Native processes, sampled by the kernel (`perf_event_open`): no change to the target, and a stack for every tick of its
//! CPU time.

mod address_space;
mod binaries;
mod cpus;
mod notes;
mod permissions;
mod plan;
mod profiler;
mod record;
mod rings;
mod symbols;
mod tally;
mod tasks;
#[cfg(test)]
mod tests;

pub(crate) use profiler::PerfEvent;
