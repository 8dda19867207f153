//! What is observed while load runs: the process trees of the target, of its Postgres, of its Redis and of
//! Aforo itself, the machine, and what Postgres and Redis say of themselves, every second; a target on another machine by its
//! metrics, every five.
//!
//! [`watch()`] is the one entry. A source that cannot be read gives a [`Notice`] and leaves its part of each
//! sample empty; it never fails a run. A figure that nobody tells is absent, never zero.

mod counter;
mod cpu;
mod environment;
mod host;
mod link;
mod notice;
mod own_threads;
mod postgres;
mod processes;
mod reader;
mod redis;
mod scrape;
mod versions;
mod watch;

pub use self::redis::{CacheError, CacheReadOptions, CacheWatch, read_cache};
pub use cpu::{ProfileError, ProfileRequest, ProfiledTarget, ProfilerChoice, ReadyProfiler, choose_profiler};
pub use environment::{Machine, machine};
pub use notice::Notice;
pub use postgres::{
    ActivityWatch, DatabaseError, STATEMENT_TAG, StatementReader, StatementSeries, StatementSnapshot,
    StatementWatch, TableWriteWatch, WhatIfPlan, WhatIfSession, WhatIfSessionError, read_database,
};
pub use postgres::{ExplainLimits, ExplainRequest, Explainer, ReadOnlyProof};
pub use postgres::{PostgresProxy, ProxyError, start_proxy};
pub use processes::{pid_listening_on, pid_serving};
pub use redis::{CommandReader, CommandSnapshot, CommandTime, connect_redis};
pub use redis::{TraceError, TraceLimits, TraceProgress, record_cache_trace};
pub use scrape::metrics_url;
pub use versions::{ServerVersions, server_versions};
pub use watch::{Watch, Watched, watch};
