//! Statements as `pg_stat_statements` counts them, between two moments. Its counters are never reset.
//!
//! Needs the extension, which may live in any schema, and `pg_read_all_stats` for statements of other roles.

mod columns;
mod delta;
mod reader;
mod series;
mod snapshot;

pub use reader::StatementReader;
pub use series::{StatementSeries, StatementWatch};
pub use snapshot::StatementSnapshot;
