//! What Redis says of itself, over one connection of Aforo's own.

mod info;
mod server;

pub(crate) use server::{Redis, version};
