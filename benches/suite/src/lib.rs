//! Each known hot path of the hotel against its tuned twin, and the hot paths of Aforo itself.
//!
//! A file of `benches/` is a subject. What it measures is named in [`pairs`], or in [`singles`] where there is no twin: from there the
//! benchmarks take their names, and by them the summary of `make bench` finds their results.

mod claim;
pub mod corpus;
mod cpu_time;
mod hotel;
mod pair;
pub mod pairs;
mod passes;
mod profiler;
mod relay;
mod settings;
pub mod singles;
mod twins;

pub use claim::Claim;
pub use cpu_time::CpuTime;
pub use hotel::{ANCHOR, HotelDatabase};
pub use pair::{Clock, Pair, Single, Variant};
pub use pairs::PAIRS;
pub use passes::{per_input, per_input_of_pass};
pub use profiler::FlameProfiler;
pub use relay::Relay;
pub use settings::{cpu_time, wall_time};
pub use singles::SINGLES;
pub use twins::assert_same_answer;
