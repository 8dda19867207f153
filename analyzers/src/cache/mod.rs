//! What is wrong with a cache, and what another one would give.

mod accesses;
mod candidates;
mod check;
mod checks;
#[cfg(test)]
pub(crate) mod fixtures;
mod judge;
mod large_values;
mod lifetimes;
mod names;
mod parts;
mod patterns;
mod replay;
mod slow_log;
mod ttl_advice;

pub use judge::judge_cache;
pub use replay::{ReplayOptions, replay_trace};
