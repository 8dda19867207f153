//! A recorded trace replayed through caches of several policies and sizes.
//!
//! The model is a read-through cache: a read of an absent key is a miss and inserts it, with the size and the time to live that
//! the trace shows for it. Writes insert or refresh, deletes remove, and entries expire by the trace's own clock.

mod block_bootstrap;
mod cache;
mod findings;
mod levels;
mod optimum;
#[cfg(test)]
mod oracle;
mod policies;
mod present;
mod requests;
mod simulation;
mod summary;
mod tags;
#[cfg(test)]
mod traces;

pub use policies::{ReplayOptions, replay_trace};
