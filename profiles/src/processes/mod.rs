//! Process trees by their root: which processes belong to one, and what they use together.

mod cgroup;
mod details;
mod discovery;
mod forest;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod puppet;
mod schedstat;
mod source;
mod spent;
#[cfg(target_os = "linux")]
mod stat;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;

pub(crate) use details::Details;
pub use discovery::{pid_listening_on, pid_serving};
pub(crate) use forest::Forest;
#[cfg(target_os = "linux")]
pub(crate) use linux::LinuxSource as SystemSource;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::PortableSource as SystemSource;
pub(crate) use schedstat::{Scheduled, parse_schedstat};
#[cfg(target_os = "linux")]
pub(crate) use source::{ProcessId, ProcessSource};
