//! The gate on instruction counts.
//!
//! `benches/hot_paths/benches/instructions.rs` runs each hot path once under callgrind. Here what it took is held against the committed baseline: a
//! benchmark that takes more than 3 % more instructions fails the gate, and the functions that grew are named. Counted in another environment
//! than the baseline, it shows nothing: the gate is inconclusive.
//!
//! [`read_callgrind`] and [`compare`] are pure; [`read_results`] reads a folder, [`Environment::here`] asks the tools.

mod baseline;
mod callgrind;
mod compare;
mod environment;
mod function_name;
mod results;
mod wording;

pub use baseline::{Baseline, BaselineError, Benchmark, Largest};
pub use callgrind::{CallgrindError, Profile, read_callgrind};
pub use compare::{Change, Comparison, FunctionChange, Outcome, TOLERATED_GROWTH, compare};
pub use environment::{Environment, EnvironmentError};
pub use function_name::plain_name;
pub use results::{ResultsError, read_results};
pub use wording::describe;
