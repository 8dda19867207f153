//! What the runs of a day, a week, a month or any other span of time show together.

#[cfg(test)]
mod canonical;
mod csv;
mod format;
mod markdown;
mod sentences;
mod sheets;
mod terminal;

pub use format::{PERIOD_FORMATS, PeriodFormat};
pub use terminal::render_on;
