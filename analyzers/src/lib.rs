//! What the evidence means: statistics, indicators, SLO verdicts, checks. Pure: no I/O, no clock, no async, so
//! that a saved run can be judged again and gives the same bytes.
//!
//! [`LoadSummary`] turns the seconds of a run into its record, [`EarlyStop`] says when it need not go on; [`analyze`] judges
//! the [`Evidence`].

mod analyze;
mod capacity;
mod checks;
mod drift;
mod early_stop;
mod evidence;
#[cfg(test)]
mod fixtures;
mod host_cpu;
mod indicators;
mod load_summary;
mod recovery;
mod red_flags;
mod resource_summary;
mod slo;
mod statistics;
mod verdict;
mod wording;

pub use analyze::{Judgement, analyze};
pub use checks::{CHECKS, Check};
pub use early_stop::EarlyStop;
pub use evidence::Evidence;
pub use load_summary::{LiveFigures, LoadSummary};
pub use resource_summary::summarize_resources;
pub use slo::judge;
