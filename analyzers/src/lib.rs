//! What the evidence means: statistics, indicators, SLO verdicts, checks. Pure: no I/O, no clock, no async, so
//! that a saved run can be judged again and gives the same bytes.
//!
//! [`LoadSummary`] turns the seconds of a run into its record, [`EarlyStop`] says when it need not go on; [`analyze`] judges
//! the [`Evidence`].

#[cfg(all(test, not(feature = "pg-query")))]
compile_error!("half of the tests are about parts of statements; they need the feature `pg-query`");

mod analyze;
mod attribution;
mod cache;
mod capacity;
mod change_points;
mod checks;
mod comparison;
mod control_groups;
mod database;
mod drift;
mod early_stop;
mod evidence;
#[cfg(test)]
mod fixtures;
mod growth;
mod history;
mod host_cpu;
mod index_advice;
mod indicators;
mod leaks;
mod load_summary;
mod n_plus_one;
mod plans;
mod profile;
mod recommendations;
mod recovery;
mod red_flags;
mod request_traces;
mod resource_summary;
mod slo;
mod statements;
mod statistics;
mod steady_load;
mod sustained;
mod target_place;
mod trends;
mod verdict;
mod watched_machine;
mod wording;

pub use analyze::{Judgement, analyze};
pub use attribution::attribute;
pub use cache::{ReplayOptions, judge_cache, replay_trace};
pub use checks::{CHECKS, Check};
pub use comparison::{
    ComparisonOptions, Incomparable, RunSeconds, RunUnderComparison, compare_runs, comparison_doubt,
    comparison_notes, comparison_obstacles, cpu_per_request_us,
};
pub use database::{CheckReading, DatabaseCheck, Skip, check_database, checklist_findings, database_checks};
pub use early_stop::EarlyStop;
pub use evidence::Evidence;
pub use history::{HistoryQuestion, JudgedHistograms, PeriodSummary, digest_run, figure_history};
pub use index_advice::{
    IndexOptions, IndexWorkload, PlanCost, StatisticsCost, WhatIf, WhatIfError, WorkloadStatement,
    advise_indexes, could_do_with_fewer_blocks, may_use_partial_index, missing_index_findings,
};
pub use load_summary::{LiveFigures, LoadSummary};
pub use n_plus_one::{ProbeOptions, judge_probe, probe_findings};
pub use plans::{
    Draw, ExplainCase, PLAN_CHECKS, PlanCheck, PlanContext, PlanningLock, explain_case, is_contradicted,
    plan_findings, planning_lock,
};
pub use profile::{
    ProfileContext, WallReadings, compare_profiles, profile_failed, profile_findings, profiler_unavailable,
    record_of, split_wall, wall_findings,
};
pub use recommendations::{name_best_help, recommend};
pub use request_traces::{
    KnownCall, confirm_n_plus_ones, fold_request, known_calls, trace_findings, typical_requests,
};
pub use resource_summary::summarize_resources;
pub use slo::judge;
pub use statements::{StatementGroup, group_statements, hot_statements, statement_findings};
