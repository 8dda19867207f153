//! End-to-end tests: the real binary, as a user types it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod aforo;
mod faults;
mod gate;
mod help;
mod hotel;
mod input;
mod reports;
mod target;
