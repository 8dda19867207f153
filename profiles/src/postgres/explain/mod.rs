//! Plans of statements, asked of Postgres without changing anything.
//!
//! Every question is a transaction of its own that is read-only, waits for no lock for long, and is rolled back. Planning takes
//! the locks that running the statement would take on tables: `AccessShare` for a query, `RowExclusive` for one that writes, for
//! the milliseconds of planning.

mod explainer;
mod obstacle;
mod request;
mod sql_text;
#[cfg(test)]
mod tests;
mod transaction;

pub use explainer::{ExplainLimits, Explainer};
pub use request::{ExplainRequest, ReadOnlyProof};
