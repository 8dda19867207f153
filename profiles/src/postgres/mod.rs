//! What Postgres says of itself, over one connection of Aforo's own.

mod connections;

pub(crate) use connections::{Postgres, version};
