//! One file for each group of endpoints.

pub(crate) mod admin;
pub(crate) mod availability;
pub(crate) mod diagnostics;
pub(crate) mod export;
pub(crate) mod health;
pub(crate) mod pms;
pub(crate) mod reservations;
pub(crate) mod webhook;
