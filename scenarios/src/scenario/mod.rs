//! A scenario: read, checked, changed on the command line, and played.

mod alone;
mod builtin;
mod engine;
mod error;
#[cfg(test)]
mod fixtures;
mod format;
mod load;
mod overrides;
mod probe;

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
