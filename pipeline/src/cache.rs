//! The report on a Redis: what it counted while it was watched, what it holds, and what is wrong with it.

use std::time::{Duration, Instant};

use aforo_analyzers::judge_cache;
use aforo_model::Scenario;
use aforo_model::cache::{CacheReplay, CacheReport};
use aforo_profiles::{
    CacheError, CacheReadOptions, CacheWatch, TraceError, TraceLimits, TraceProgress, read_cache,
};
use aforo_scenarios::EngineError;
use miette::Diagnostic;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::background_load::BackgroundLoad;
use crate::cache_trace::record_and_replay;
use crate::target::{Target, TargetError};

/// Which Redis is to be looked at.
#[derive(Debug)]
pub struct CachePlan {
    /// Its URL.
    pub redis_url: String,
    /// How long it is watched.
    pub window: Duration,
    /// What is asked of the application meanwhile; nothing where it has users of its own.
    pub load: Option<(Target, Scenario)>,
    /// Whether large values are read, to see how well they compress. That makes the server take them for used.
    pub read_values: bool,
}

/// Why there is no report.
#[derive(Debug, Error, Diagnostic)]
pub enum CacheAnalysisError {
    /// The server cannot be read.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// It cannot be traced.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The application cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The requests cannot be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The user stopped it.
    #[error("stopped before there was a report")]
    Interrupted,
}

/// Watches the server, reads it and judges it.
///
/// # Errors
/// [`CacheAnalysisError`].
pub async fn analyze_cache(
    plan: CachePlan,
    interrupt: &CancellationToken,
) -> Result<CacheReport, CacheAnalysisError> {
    let began = Instant::now();
    let load = started(&plan).await?;
    let watch = CacheWatch::begin(&plan.redis_url).await?;
    let watched = interrupt.run_until_cancelled(tokio::time::sleep(plan.window)).await;
    let options = CacheReadOptions { read_values: plan.read_values, ..CacheReadOptions::default() };
    let read = match watched {
        Some(()) => read_cache(&plan.redis_url, &options, Some(&watch)).await.map_err(Into::into),
        None => Err(CacheAnalysisError::Interrupted),
    };
    ended(load).await;
    Ok(judge_cache(read?, env!("CARGO_PKG_VERSION"), began.elapsed().as_secs_f64()))
}

/// Records what the server is asked to do, and replays it through caches of several policies and sizes. A trace that the user ends
/// is replayed all the same.
///
/// # Errors
/// [`CacheAnalysisError`].
pub async fn trace_cache(
    plan: CachePlan,
    interrupt: &CancellationToken,
    on_progress: impl FnMut(TraceProgress),
) -> Result<CacheReplay, CacheAnalysisError> {
    let load = started(&plan).await?;
    let limits = TraceLimits { duration: plan.window, ..TraceLimits::default() };
    let replay = record_and_replay(&plan.redis_url, &limits, interrupt, on_progress).await;
    ended(load).await;
    Ok(replay?)
}

async fn started(plan: &CachePlan) -> Result<Option<BackgroundLoad>, CacheAnalysisError> {
    let Some((target, scenario)) = &plan.load else { return Ok(None) };
    target.reach().await?;
    Ok(Some(BackgroundLoad::start(scenario, target).await?))
}

async fn ended(load: Option<BackgroundLoad>) {
    if let Some(load) = load {
        load.stop().await;
    }
}
