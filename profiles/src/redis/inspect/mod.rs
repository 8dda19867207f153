//! Reading a cache once, thoroughly: its counters, its settings, its slow log and a sample of its keys. Nothing is written,
//! and `KEYS` and `MONITOR` are never used.

mod compression;
mod counters;
mod error;
mod key_name;
mod place;
mod read;
mod sample;
mod session;
mod slow_log;
mod window;

#[cfg(test)]
mod tests;

pub use error::CacheError;
pub use read::{CacheReadOptions, read_cache};
pub use window::CacheWatch;
