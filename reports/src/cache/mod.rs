//! The cache report: what the target's Redis is used for as a cache, and how well it serves.

pub(crate) mod advice;
#[cfg(test)]
pub(crate) mod canonical;
pub(crate) mod facts;
mod format;
pub(crate) mod headline;
pub(crate) mod large_values;
mod markdown;
pub(crate) mod patterns;
mod schema;
pub(crate) mod sheets;
mod terminal;
mod wording;

pub use format::{CACHE_FORMATS, CacheFormat};
pub use schema::write_schema;
pub use terminal::render_on;
