//! The values that pass between the stages of a run: plain data, no I/O, no clock, no async.
//!
//! `scenarios` turns a [`Scenario`] into [`LoadSecond`]s, `profiles` turns a target into
//! [`ResourceSample`]s, `analyzers` turns both into [`SloResult`]s and [`Finding`]s, and `pipeline`
//! gathers everything in one [`RunRecord`] that `reports` shows. A word means the same here as in
//! `ARCHITECTURE.md`.

pub mod cache;
mod capacity;
mod comparison;
pub mod database;
mod drift;
mod evidence;
mod expression;
mod finding;
mod histogram;
mod history;
mod interval;
mod leak;
mod level;
mod load;
mod period;
mod probe;
pub mod profile;
mod quantity;
mod recommendation;
mod record;
mod recovery;
mod resources;
mod scenario;
mod slo;
mod trend;
mod verdict;

pub use capacity::{
    Capacity, CapacityLevel, CapacityRecord, Concurrency, FirstLimit, Knee, LevelRecord, Limit, UslFit,
    UslPeak,
};
pub use comparison::{
    COMPARISON_FORMAT_VERSION, Change, ComparedFigure, ComparedRun, ComparisonMethod, Difference,
    FigureComparison, PlanChange, RunComparison,
};
pub use drift::{Drift, DriftRecord};
pub use evidence::{ErrorKind, LoadSecond, StepSecond};
pub use expression::{Comparison, Expression, ExpressionError, Indicator};
pub use finding::{Finding, Severity, Subject};
pub use histogram::{TimeHistogram, TimeSummary};
pub use history::{
    FigureHistory, FindingDigest, FindingSeen, HISTORY_FORMAT_VERSION, HistoryChange, HistoryPoint, LeftOut,
    LoadAggregate, LoadIdentity, LookedAt, ObjectiveCompliance, PeriodReport, RecommendationCourse,
    RecommendationDigest, RecommendationSeen, RunDigest, RunEntry, StepAggregate, StepDigest, VerdictCounts,
};
pub use interval::{Answer, Interval};
pub use leak::{Growth, GrowthVerdict, Leak, LeakConfirmation, LeakFigure, LeakRecord};
pub use level::{Demand, LoadLevel};
pub use load::{
    ArrivalRecord, CurvePoint, ErrorExample, LoadRecord, Series, StepRecord, Timeline, WindowRecord,
};
pub use period::{MomentError, Period, PeriodEnd, PeriodKind, parse_age, parse_moment};
pub use probe::{ProbeSettings, ProbeValues, StepProbe};
pub use quantity::{Quantity, QuantityError, Unit, format_duration, parse_duration};
pub use recommendation::{
    Action, Effect, Effort, ExpectedChange, FindingReference, Gain, Recommendation, RecommendationKind, Risk,
};
pub use record::{Environment, FormatError, RUN_FORMAT_VERSION, RunEnd, RunRecord, TargetRecord, read_run};
pub use recovery::{RecoveryRecord, RecoveryReference, RecoveryStart, ReferencePart};
pub use resources::{
    BusiestDisk, BusiestLink, CgroupSample, CgroupSummary, FullestFileSystem, Pressure, PressureSample,
};
pub use resources::{
    GeneratorSample, GeneratorSummary, HostSample, HostSummary, PostgresSample, ProcessSample,
    ProcessSummary, RedisSample, RemoteSample, ResourceSample, ResourceSummary, Role,
};
pub use scenario::{
    Body, Check, Expectation, Extraction, Feeder, FeederOrder, Header, Http, HttpClient, Journey, Load,
    Method, RateStage, Scenario, Step, Surge, ThinkTime, Variable, Workload,
};
pub use slo::{Criticality, RedFlag, Slo, SloResult};
pub use trend::{TrendFigure, TrendRecord};
pub use verdict::Verdict;
