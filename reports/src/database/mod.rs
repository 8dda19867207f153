//! The database report: what the target's Postgres does, and what is wrong with it.

pub(crate) mod answers;
pub(crate) mod brief;
mod findings;
mod format;
mod headline;
mod markdown;
pub(crate) mod plans;
mod schema;
pub(crate) mod sheets;
pub(crate) mod statements;
pub(crate) mod terminal;
pub(crate) mod traces;

#[cfg(test)]
pub(crate) mod canonical;

pub use format::{DATABASE_FORMATS, DatabaseFormat};
pub use schema::write_schema;
pub(crate) use statements::subject as subject_of;
pub use terminal::render_on;
