//! What Redis says of itself, over one connection of Aforo's own.

mod commands;
mod info;
mod inspect;
mod server;
mod trace;

pub use commands::{CommandReader, CommandSnapshot, CommandTime};
pub use inspect::{CacheError, CacheReadOptions, CacheWatch, read_cache};
pub use server::connect_redis;
pub(crate) use server::{Redis, version};
pub use trace::{TraceError, TraceLimits, TraceProgress, record_cache_trace};
