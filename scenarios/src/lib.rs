//! What load is: scenarios and journeys as TOML, the engine that plays them, the recorder that times them.
//!
//! [`load_scenario`] reads and checks a scenario, [`start`] plays it against a target and hands over one
//! [`LoadSecond`](aforo_model::LoadSecond) a second. The format is described in `FORMAT.md` beside this
//! package.

mod alone;
mod builtin;
mod engine;
mod error;
mod format;
mod load;
mod overrides;
mod probe;
mod recorder;
mod template;

pub use alone::{AloneError, AloneScenario, alone};
pub use builtin::{BUILTIN, BuiltinScenario};
pub use engine::{EngineEnd, EngineError, HttpTarget, RunningLoad, StopCause, start};
pub use error::{Problem, ScenarioError};
pub use format::load_scenario;
pub use load::{LoadError, RateError, parse_rate};
pub use overrides::{Overrides, ShortenedWarmUp};
pub use probe::{
    MixOptions, MixRun, MixWindow, NotProbed, OffsetParameter, OffsetUnit, PlannedProbe, ProbeAnswer,
    ProbeOptions, ProbePlan, ProbeRun, ProbeStep, Varies, count_items, probe_plan,
};
