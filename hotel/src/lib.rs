//! The reference target: a hotel reservations API with switchable flaws.
//!
//! It is loaded, watched and judged like any other target: over HTTP, and by its database's URL. Each [`Flaw`] is a known
//! defect of a real system; with it or without it the hotel gives the same answers, only not at the same cost.
//!
//! [`start`] is all that a target needs. What lies beneath is public for the benchmarks, which measure each flaw against its twin.
//! Without the feature `server` there is what only computes, quick to build: messages, dates, prices, recordings.

#[cfg(all(test, not(feature = "server")))]
compile_error!("the tests are about the whole; they need the feature `server`");

pub mod audio;
pub mod circuit_breaker;
pub mod dates;
pub mod nlu;
pub mod pricing;
#[cfg(feature = "server")]
pub mod service;

mod flaws;

pub use flaws::{Flaw, FlawSet, UnknownFlaw};
#[cfg(feature = "server")]
pub use service::{Hotel, HotelConfig, HotelError, start};
