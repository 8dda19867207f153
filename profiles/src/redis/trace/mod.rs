//! A bounded trace of key accesses, recorded with `MONITOR` on a connection of its own, and only when asked for.

mod commands;
mod error;
mod key_pattern;
mod monitor_line;
mod monitor_stream;
mod recorder;
mod server_figures;
mod tracer;

pub use error::TraceError;
pub use recorder::{TraceLimits, TraceProgress, record_cache_trace};
