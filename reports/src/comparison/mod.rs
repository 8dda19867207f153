//! Whether runs differ: the comparison of runs for a terminal, a pull request and a program.

pub(crate) mod brief;
pub(crate) mod facts;
mod format;
mod headline;
mod junit;
mod markdown;
pub(crate) mod ranking;
pub(crate) mod sheets;
mod terminal;
pub(crate) mod wording;

#[cfg(test)]
pub(crate) mod canonical;

pub use format::{COMPARISON_FORMATS, ComparisonFormat};
pub(crate) use headline::headline;
pub(crate) use junit::cases as test_cases;
pub use junit::render as render_junit;
pub use terminal::render_on;
