//! The running hotel: its API, its database and Redis, and the job in the background.

pub mod booking;
pub mod cache;
pub mod database;
pub mod expiry;
pub mod lock;
pub mod queries;
pub mod reservation;

mod codes;
mod config;
mod error;
mod extract;
mod handlers;
mod input;
mod pms;
mod problem;
mod replies;
mod router;
mod server;
mod sessions;
mod state;
mod telemetry;

pub use config::HotelConfig;
pub use error::HotelError;
pub use problem::Problem;
pub use server::{Hotel, start};
