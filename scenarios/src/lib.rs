//! What load is: scenarios and journeys as TOML, the engine that plays them, the recorder that times them.
//!
//! [`load_scenario`] reads and checks a scenario, [`start`] plays it against a target and hands over one
//! [`LoadSecond`](aforo_model::LoadSecond) a second. The format is described in `FORMAT.md` beside this
//! package.
//!
//! [`Recorder`] and [`Template`] are what every request passes through; without the feature `engine` they are all there is, to be
//! measured by themselves.

// What only scenarios need of them.
#![cfg_attr(not(feature = "engine"), expect(dead_code, reason = "scenarios use it"))]
#[cfg(all(test, not(feature = "engine")))]
compile_error!("the tests are about the whole; they need the feature `engine`");

mod nearest;
mod recorder;
#[cfg(feature = "engine")]
mod scenario;
mod template;

pub use recorder::{Collector, Outcome, Recorder, Sample, Shard};
#[cfg(feature = "engine")]
pub use scenario::*;
pub use template::{Scope, Template, TemplateError, Unfilled, compile_json};
