//! The database report's collectors on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and so do its tools")]

mod activity;
mod catalog;
mod pooler;
mod rights;
mod server;
mod statements;
mod table_writes;
