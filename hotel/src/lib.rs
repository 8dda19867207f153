//! The reference target: a hotel reservations API with switchable flaws.
//!
//! It is loaded, watched and judged like any other target: over HTTP, and by its database's URL. Each [`Flaw`] is a known
//! defect of a real system; with it or without it the hotel gives the same answers, only not at the same cost.

pub mod audio;
pub mod circuit_breaker;
pub mod dates;
pub mod nlu;
pub mod pricing;

mod booking;
mod codes;
mod config;
mod database;
mod error;
mod expiry;
mod extract;
mod flaws;
mod handlers;
mod input;
mod lock;
mod pms;
mod problem;
mod queries;
mod replies;
mod reservation;
mod router;
mod server;
mod sessions;
mod state;
mod telemetry;

pub use config::HotelConfig;
pub use error::HotelError;
pub use flaws::{Flaw, FlawSet, UnknownFlaw};
pub use server::{Hotel, start};
