//! The hotel from outside: over HTTP, on real Postgres and Redis servers of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod booking;
mod diagnostics;
mod indexes;
mod lookups;
mod pms;
mod profile;
mod shutdown;
mod start;
mod twins;
mod webhook;
mod world;
