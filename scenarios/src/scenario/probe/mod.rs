//! Requests on purpose, to learn which statements belong to which step: each step alone with more and fewer items
//! in its answer, and all of them in a mix that changes from window to window.

mod answer;
mod items;
mod mix;
mod parameter;
mod plan;
mod query;
mod run;
mod schedule;
mod series;
#[cfg(test)]
mod tests;
mod visit;
mod visitor;

pub use answer::ProbeAnswer;
pub use items::count_items;
pub use mix::{MixOptions, MixRun, MixWindow};
pub use parameter::{OffsetParameter, OffsetUnit};
pub use plan::{NotProbed, ProbePlan, ProbeStep, Varies, probe_plan};
pub use run::{PlannedProbe, ProbeRun};
pub use schedule::ProbeOptions;
pub(crate) use visit::needs;
