//! Whether runs differ: the comparison of runs for a terminal, a pull request and a program.

pub(crate) mod brief;
mod facts;
mod format;
mod headline;
mod markdown;
mod ranking;
mod sheets;
mod terminal;
mod wording;

#[cfg(test)]
pub(crate) mod canonical;

pub use format::{COMPARISON_FORMATS, ComparisonFormat};
pub(crate) use headline::headline;
pub use terminal::render_on;
