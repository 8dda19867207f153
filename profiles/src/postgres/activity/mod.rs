//! What sessions wait for while load runs: active session history.
//!
//! Needs `pg_read_all_stats` for sessions of other roles.

mod blocking;
mod tally;
mod watch;

pub use watch::ActivityWatch;
