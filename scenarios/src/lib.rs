//! What load is: scenarios and journeys as TOML, the engine that plays them, the recorder that times them.
//!
//! [`load_scenario`] reads and checks a scenario, [`start`] plays it against a target and hands over one
//! [`LoadSecond`](aforo_model::LoadSecond) a second. The format is described in `FORMAT.md` beside this
//! package.
//!
//! [`Recorder`] and [`Template`] are what every request passes through; without the feature `engine` they are all there is, to be
//! measured by themselves.

// What only the engine calls.
#![cfg_attr(not(feature = "engine"), expect(dead_code, reason = "the engine uses it"))]
#[cfg(all(test, not(feature = "engine")))]
compile_error!("the tests are about the whole; they need the feature `engine`");

#[cfg(feature = "engine")]
mod alone;
#[cfg(feature = "engine")]
mod builtin;
#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "engine")]
mod error;
#[cfg(feature = "engine")]
mod format;
#[cfg(feature = "engine")]
mod load;
mod nearest;
#[cfg(feature = "engine")]
mod overrides;
#[cfg(feature = "engine")]
mod probe;
mod recorder;
mod template;

#[cfg(feature = "engine")]
pub use alone::{AloneError, AloneScenario, alone};
#[cfg(feature = "engine")]
pub use builtin::{BUILTIN, BuiltinScenario};
#[cfg(feature = "engine")]
pub use engine::{EngineEnd, EngineError, HttpTarget, RunningLoad, StopCause, start};
#[cfg(feature = "engine")]
pub use error::{Problem, ScenarioError};
#[cfg(feature = "engine")]
pub use format::load_scenario;
#[cfg(feature = "engine")]
pub use load::{LoadError, RateError, parse_rate};
#[cfg(feature = "engine")]
pub use overrides::{Overrides, ShortenedWarmUp};
#[cfg(feature = "engine")]
pub use probe::{
    MixOptions, MixRun, MixWindow, NotProbed, OffsetParameter, OffsetUnit, PlannedProbe, ProbeAnswer,
    ProbeOptions, ProbePlan, ProbeRun, ProbeStep, Varies, count_items, probe_plan,
};
pub use recorder::{Collector, Outcome, Recorder, Sample, Shard};
pub use template::{Scope, Template, TemplateError, Unfilled, compile_json};
