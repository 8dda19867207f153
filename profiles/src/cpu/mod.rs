//! CPU profilers behind one trait: the first that fits the target takes the profile.

mod choice;
mod cpu_meter;
#[cfg(target_os = "linux")]
mod perf_event;
mod pprof_http;
mod profiler;
#[cfg(target_os = "linux")]
mod py_spy;
mod ready;

pub use choice::{ProfilerChoice, choose_profiler};
pub use profiler::{ProfileError, ProfileRequest, ProfiledTarget};
pub use ready::ReadyProfiler;
