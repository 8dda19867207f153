//! The database report: what the target's Postgres does, and what is wrong with it.

mod answers;
pub(crate) mod brief;
mod findings;
mod format;
mod headline;
mod markdown;
mod plans;
mod schema;
mod sheets;
mod statements;
pub(crate) mod terminal;
mod traces;

#[cfg(test)]
mod canonical;

pub use format::{DATABASE_FORMATS, DatabaseFormat};
pub use schema::write_schema;
pub use terminal::render_on;
