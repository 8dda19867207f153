//! The analysis of a database: what is watched, read, explained and judged becomes one report.

mod assemble;
mod explaining;
mod indexes;
mod probing;
#[cfg(test)]
mod remedies;
mod tracer;
mod watched;

use std::sync::Arc;
use std::time::{Duration, Instant};

use aforo_model::Scenario;
use aforo_model::database::{DatabaseReport, Skipped};
use aforo_profiles::{DatabaseError, read_database};
use aforo_scenarios::EngineError;
use chrono::Utc;
use miette::Diagnostic;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::target::{Target, TargetError};
use explaining::Explained;
use indexes::Indexes;
pub use tracer::{Tracer, TracerError};
pub(crate) use watched::Watched;

/// The longest that asking for plans may take, and that weighing indexes may.
const LONGEST_PART: Duration = Duration::from_secs(60);
/// The longest that asking endpoints alone may take after a load.
const LONGEST_PROBE: Duration = Duration::from_secs(120);

/// What is to be analyzed, and how thoroughly.
#[derive(Debug)]
pub struct AnalysisPlan {
    /// The target's Postgres.
    pub database_url: String,
    /// The target and what it can be asked, to be sent single requests; nothing to read the database alone.
    pub probe: Option<ProbeTarget>,
    /// Statements that are shown and explained.
    pub hot_statements: usize,
    /// What advised indexes may take on disk together, in bytes.
    pub index_budget_bytes: u64,
    /// Whether statements that are proven to change nothing are executed, with values of the planner's statistics, to see where
    /// their time goes.
    pub execute_plans: bool,
    /// Whether statements that write or lock rows are planned, never executed. That takes `ROW EXCLUSIVE` or `ROW SHARE` on their
    /// tables for a moment; all else takes `ACCESS SHARE` and no more.
    pub plan_writes: bool,
}

impl Default for AnalysisPlan {
    /// The 20 statements that took most time, and 1 GB for indexes; nothing is executed, and no writer is held up.
    fn default() -> Self {
        Self {
            database_url: String::new(),
            probe: None,
            hot_statements: 20,
            index_budget_bytes: 1_000_000_000,
            execute_plans: false,
            plan_writes: false,
        }
    }
}

/// A target that is asked step by step.
#[derive(Debug)]
pub struct ProbeTarget {
    /// The system.
    pub target: Target,
    /// What it can be asked.
    pub scenario: Scenario,
    /// What sees its statements on the way to the database, where there is a proxy between them.
    pub tracer: Option<Arc<Tracer>>,
}

/// What an analysis tells while it goes on.
#[derive(Debug)]
pub enum AnalysisEvent<'a> {
    /// A part begins.
    Began(&'a str),
    /// A proxy waits for the application to connect.
    WaitingForApplication {
        /// The database URL that the application must be given, without the password.
        url: &'a str,
        /// How long it waits, in seconds.
        limit_s: u64,
    },
    /// Requests that are still to be sent, of how many.
    Probing {
        /// Requests sent.
        sent: usize,
        /// Requests in all.
        planned: usize,
    },
}

/// Why there is no analysis.
#[derive(Debug, Error, Diagnostic)]
pub enum AnalysisError {
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The target cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The requests cannot be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The statements cannot be seen on their way.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tracer(#[from] TracerError),
    /// The user stopped it.
    #[error("stopped before the analysis was complete; nothing was changed in the database")]
    Interrupted,
}

/// Analyzes a database. Nothing is written to it.
///
/// # Errors
/// [`AnalysisError`] when the database or the target is not reached, or `interrupt` came before the end.
pub async fn analyze(
    plan: &AnalysisPlan,
    interrupt: &CancellationToken,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<DatabaseReport, AnalysisError> {
    tokio::select! {
        () = interrupt.cancelled() => Err(AnalysisError::Interrupted),
        report = analyze_to_the_end(plan, on_event) => report,
    }
}

async fn analyze_to_the_end(
    plan: &AnalysisPlan,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<DatabaseReport, AnalysisError> {
    let began = (Instant::now(), Utc::now());
    let watched = match &plan.probe {
        Some(probe) => {
            match &probe.tracer {
                Some(tracer) => tracer.wait_for(&probe.target, on_event).await?,
                None => probe.target.reach().await?,
            }
            match probing::probe(&plan.database_url, probe, on_event).await {
                // The server may have been restarted meanwhile. What can be read of it now still can.
                Err(AnalysisError::Database(
                    error @ (DatabaseError::Read { .. } | DatabaseError::Unreadable(_)),
                )) => Watched { skipped: vec![error.into_skipped("probe")], ..Watched::default() },
                probed => probed?,
            }
        }
        None => Watched::default(),
    };
    conclude(plan, began, watched, on_event).await
}

/// Asks the endpoints of a target alone once a load has ended, and adds what that shows to what was watched of it. What goes wrong
/// with it is a part that was not read.
pub(crate) async fn probe_after_load(
    plan: &AnalysisPlan,
    watched: &mut Watched,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) {
    let Some(probe) = &plan.probe else { return };
    let probed = probing::probe_after_load(&plan.database_url, probe, watched, on_event);
    let why = match timeout(LONGEST_PROBE, probed).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {} s", LONGEST_PROBE.as_secs()),
    };
    watched.skipped.push(Skipped {
        what: "probe".to_owned(),
        why,
        remedy: "`aforo analyze --probe` asks the endpoints by itself, without a load before".to_owned(),
    });
}

/// Reads the database and judges it together with what was watched before.
pub(crate) async fn conclude(
    plan: &AnalysisPlan,
    began: (Instant, chrono::DateTime<Utc>),
    mut watched: Watched,
    on_event: &mut dyn FnMut(AnalysisEvent<'_>),
) -> Result<DatabaseReport, AnalysisError> {
    on_event(AnalysisEvent::Began("reading catalog, statistics and settings"));
    let evidence =
        read_database(&plan.database_url, watched.statements.take(), watched.activity.take()).await?;
    let judged = assemble::judge(&evidence, &watched, plan);
    on_event(AnalysisEvent::Began("explaining the statements that took most time"));
    let explaining = explaining::explain(plan, &evidence, &judged.hot, &watched.known_calls, on_event);
    let explained = timeout(LONGEST_PART, explaining).await.unwrap_or_else(|_| {
        watched.skipped.push(too_slow("plans"));
        Explained::default()
    });
    on_event(AnalysisEvent::Began("weighing indexes"));
    let advising = indexes::advise(plan, &evidence, &explained, watched.table_writes.as_ref());
    let indexes = timeout(LONGEST_PART, advising).await.unwrap_or_else(|_| {
        watched.skipped.push(too_slow("index-advice"));
        Indexes::absent("the server took too long to plan with indexes that do not exist")
    });
    Ok(assemble::report(began, evidence, watched, judged, explained, indexes))
}

/// A part that was given up, so that the others are not lost with it.
fn too_slow(what: &str) -> Skipped {
    Skipped {
        what: what.to_owned(),
        why: format!("the server took longer than {} s", LONGEST_PART.as_secs()),
        remedy: "analyze again when the server is less busy".to_owned(),
    }
}
