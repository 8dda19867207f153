//! One figure over many runs: for a terminal, a spreadsheet and a program.

mod chart;
mod csv;
mod format;
pub(crate) mod sheets;
mod terminal;

#[cfg(test)]
pub(crate) mod canonical;

pub use format::{HISTORY_FORMATS, HistoryFormat};
pub use terminal::render_on;
