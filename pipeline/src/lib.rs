//! One run from start to end, and the run store.
//!
//! [`execute`] puts the stages together: it starts the load and the watch, takes in what they hand over
//! second by second, lets the analyzers judge and the reports be written. It is the only place where the
//! stages meet.

/// The stages, for the command line: it knows them through the pipeline only.
pub use {aforo_reports as reports, aforo_scenarios as scenarios};

mod analysis;
mod background_load;
mod cache;
mod cache_trace;
mod check;
mod comparison;
mod config;
mod cpu_profile;
mod database_watch;
mod death;
mod environment;
mod http_url;
mod index_advice;
mod interleaved;
mod metrics_urls;
mod plan_files;
mod profile_files;
mod record;
mod run;
mod run_cache;
mod step_load;
mod step_profile;
mod store;
mod target;
mod target_process;
mod wall_inputs;

pub use aforo_analyzers::ComparisonOptions;
pub use aforo_analyzers::HistoryQuestion;
pub use aforo_profiles::{CommandTime, DatabaseError, ProfilerChoice};
pub use analysis::{AnalysisError, AnalysisEvent, AnalysisPlan, ProbeTarget, Tracer, TracerError, analyze};
pub use cache::{CacheAnalysisError, CachePlan, analyze_cache, trace_cache};
pub use cache_trace::TraceProgress;
pub use check::{CheckItem, CheckOutcome, preflight};
pub use comparison::{CompareError, Comparison, check_baseline, compare, compare_with_baseline, find_runs};
pub use config::{CONFIG_FILE, Config, ConfigError};
pub use cpu_profile::{ProfilePlan, ProfileWanted};
pub use environment::find_processes;
pub use http_url::{HttpUrlError, parse_http_url};
pub use index_advice::{IndexAdviceError, advise_indexes_of};
pub use interleaved::{Interleaved, Side, Stopped, Turn, interleave};
pub use metrics_urls::MetricsUrls;
pub use plan_files::write_plans;
pub use run::{RunError, RunEvent, RunOutcome, RunPlan, execute};
pub use step_load::{
    SecondCount, StepLoad, StepLoadEnd, StepLoadError, StepLoadEvent, StepLoadOutcome, StepLoadProgress,
};
pub use step_profile::{ProfileStore, StepProfileEvent, StepProfilePlan, profile_step};
pub use store::{
    Baseline, ListedRun, PinnedBaseline, PruneOutcome, PruneRule, PrunedRun, RECORD_FILE, RunFilter, RunLock,
    RunState, RunStore, StoreError, WantedVerdict,
};
pub use target::{Target, TargetError, mask_password};
pub use target_process::{Announcement, TargetProcess, TargetProcessError};
pub use wall_inputs::WallInputs;
