//! Whether runs differ: one run against another, or several against several.

mod blocks;
mod comparable;
mod compare;
mod correlation;
#[cfg(test)]
mod coverage;
mod doubts;
mod effect;
mod family;
mod figures;
#[cfg(test)]
mod fixtures;
mod judge;
mod one_run;
mod options;
mod plan_changes;
mod ratio;
mod seconds;
mod several_runs;
mod spread;
#[cfg(test)]
mod tests;

pub use comparable::{notes as comparison_notes, obstacles as comparison_obstacles};
pub use compare::{Incomparable, RunUnderComparison, compare_runs};
pub use doubts::doubt as comparison_doubt;
pub(crate) use doubts::voiding;
pub use figures::cpu_per_request_us;
pub use options::ComparisonOptions;
pub use seconds::RunSeconds;
