//! The values that pass between the stages of a run: plain data, no I/O, no clock, no async.
//!
//! `scenarios` turns a [`Scenario`] into [`LoadSecond`]s, `profiles` turns a target into
//! [`ResourceSample`]s, `analyzers` turns both into [`SloResult`]s and [`Finding`]s, and `pipeline`
//! gathers everything in one [`RunRecord`] that `reports` shows. A word means the same here as in
//! `ARCHITECTURE.md`.

mod evidence;
mod expression;
mod finding;
mod histogram;
mod load;
mod quantity;
mod record;
mod resources;
mod scenario;
mod slo;
mod verdict;

pub use evidence::{ErrorKind, LoadSecond, StepSecond};
pub use expression::{Comparison, Expression, ExpressionError, Indicator};
pub use finding::{Finding, Severity, Subject};
pub use histogram::{TimeHistogram, TimeSummary};
pub use load::{ErrorExample, LoadRecord, Series, StepRecord, Timeline, WindowRecord};
pub use quantity::{Quantity, QuantityError, Unit, format_duration, parse_duration};
pub use record::{Environment, FormatError, RUN_FORMAT_VERSION, RunEnd, RunRecord, TargetRecord, read_run};
pub use resources::{
    HostSample, HostSummary, PostgresSample, ProcessSample, ProcessSummary, RedisSample, ResourceSample,
    ResourceSummary, Role,
};
pub use scenario::{
    Body, Check, Expectation, Extraction, Feeder, FeederOrder, Header, Journey, Load, Method, Scenario, Step,
    ThinkTime, Variable, Workload,
};
pub use slo::{Criticality, RedFlag, Slo, SloResult};
pub use verdict::Verdict;
