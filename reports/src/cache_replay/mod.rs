//! A recorded trace of the cache, replayed through other caches.

#[cfg(test)]
mod canonical;
mod csv;
mod curve;
mod facts;
mod format;
mod markdown;
mod sheets;
mod terminal;

pub use format::{CACHE_REPLAY_FORMATS, CacheReplayFormat, write_schema};
pub use terminal::render_on;
