//! Many runs together: what is kept of each, one figure over all of them, and what a period shows.

mod digest;
mod figure;
#[cfg(test)]
mod fixtures;
mod judged_histograms;
mod period;
mod recommendations;
mod series;

pub use digest::digest_run;
pub use judged_histograms::JudgedHistograms;
pub use period::PeriodSummary;
pub use series::{HistoryQuestion, figure_history};
