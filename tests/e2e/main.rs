//! End-to-end tests: the real binary, as a user types it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod aforo;
mod analyze;
mod ci;
mod compare;
mod database;
mod fastapi;
mod faults;
mod flaws;
mod gate;
mod ground_truth;
mod help;
mod hotel;
mod input;
mod metrics;
mod profile;
mod reports;
mod store;
mod target;
