//! The cache report: what the target's Redis is used for as a cache, and how well it serves.

mod advice;
#[cfg(test)]
mod canonical;
mod facts;
mod format;
mod headline;
mod large_values;
mod markdown;
mod patterns;
mod schema;
mod sheets;
mod terminal;
mod wording;

pub use format::{CACHE_FORMATS, CacheFormat};
pub use schema::write_schema;
pub use terminal::render_on;
