//! What Postgres says of itself: connections every second of a run, everything at one time, statements and waits over a
//! window.
//!
//! Nothing here writes. Each part states the right it needs; what cannot be read is absent and named, with what would
//! let it be read.

mod activity;
mod catalog;
mod connections;
mod counters;
mod error;
mod explain;
mod proxy;
mod read;
mod replication;
mod rights;
mod server;
mod session;
mod sessions;
mod settings;
mod statements;
mod table_writes;
mod vacuum;
mod what_if;

pub use activity::ActivityWatch;
pub(crate) use connections::{Postgres, version};
pub use error::DatabaseError;
pub use explain::{ExplainLimits, ExplainRequest, Explainer, ReadOnlyProof};
pub use proxy::{PostgresProxy, ProxyError, start as start_proxy};
pub use read::read_database;
pub use session::STATEMENT_TAG;
pub use statements::{StatementReader, StatementSeries, StatementSnapshot, StatementWatch};
pub use table_writes::TableWriteWatch;
pub use what_if::{WhatIfPlan, WhatIfSession, WhatIfSessionError};
