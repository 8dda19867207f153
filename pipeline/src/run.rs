//! One run from start to end: load, watch, judge, save.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aforo_analyzers::{EarlyStop, LiveFigures, LoadSummary};
use aforo_model::cache::CacheReport;
use aforo_model::database::DatabaseReport;
use aforo_model::profile::ProfilerObstacle;
use aforo_model::{LoadSecond, ResourceSample, RunEnd, RunRecord, Scenario};
use aforo_profiles::{Notice, Watch, watch};
use aforo_scenarios::{EngineError, HttpTarget, RunningLoad};
use chrono::Utc;
use miette::Diagnostic;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::analysis::{self, AnalysisEvent, AnalysisPlan, ProbeTarget};
use crate::cpu_profile::{ProfilePlan, ProfileWanted, Profiled, RunProfiler, unprofilable};
use crate::database_watch::{DatabaseWatch, RequestSeconds};
use crate::death::DeathWatch;
use crate::environment;
use crate::record::{self, Seen};
use crate::run_cache::RunCache;
use crate::store::writer::RunWriter;
use crate::store::{RunLock, RunStore, StoreError};
use crate::target::{Target, TargetError};

/// The longest that the database report of a run may take.
const LONGEST_ANALYSIS: Duration = Duration::from_secs(150);

/// How long the target is watched after the load, to see whether what grew is given back.
const REST: Duration = Duration::from_secs(60);

/// What is to be run.
#[derive(Debug)]
pub struct RunPlan {
    /// The load, overrides included.
    pub scenario: Scenario,
    /// The system under test.
    pub target: Target,
    /// Where the run is saved.
    pub store: RunStore,
    /// Whether the target is profiled meanwhile, and how.
    pub profile: ProfilePlan,
    /// Whether to wait for a minute after the load, to see whether memory that grew is given back.
    pub confirm_leak: bool,
    /// Whether every step that only reads is asked alone after the load, for pages of several sizes, to find N+1 queries.
    pub probe: bool,
    /// The right to measure, from [`RunStore::lock`]; nothing to measure although another run of this store may be
    /// measured at the same time.
    pub lock: Option<RunLock>,
}

/// What a run tells while it goes on.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// The load begins; the files are in this folder.
    Started {
        /// The run as it is recorded at its start.
        record: &'a RunRecord,
        /// Its folder.
        folder: &'a std::path::Path,
    },
    /// A second has passed.
    Second {
        /// The last few seconds in figures.
        live: LiveFigures,
        /// The whole duration, in seconds.
        duration_s: f64,
    },
    /// Something is not watched, or the run is being ended early.
    Notice(String),
    /// The load has ended, and the target's database is being analyzed.
    Analysis(AnalysisEvent<'a>),
}

/// A run that came to an end, whichever.
#[derive(Debug)]
pub struct RunOutcome {
    /// All that was asked, seen and concluded.
    pub record: RunRecord,
    /// Its folder.
    pub folder: PathBuf,
    /// Why the folder is incomplete, if it is.
    pub unsaved: Option<StoreError>,
}

/// Why a run could not begin, or gave nothing.
#[derive(Debug, Error, Diagnostic)]
pub enum RunError {
    /// The target cannot be loaded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The run cannot be saved.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The load engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A profile was asked for without fail, and no profiler fits.
    #[error("the target cannot be profiled: {}", told(.0))]
    #[diagnostic(help("enable one of them, or leave out --profile required to run without a profile"))]
    NoProfiler(Vec<ProfilerObstacle>),
    /// A profile was asked for without fail, and this load cannot have one.
    #[error("the run cannot be profiled: {0}")]
    #[diagnostic(help("let it run for longer, or leave out --profile required"))]
    Unprofilable(String),
    /// The user stopped it before the load began.
    #[error("stopped before the load began")]
    Interrupted,
}

/// Runs `plan` to its end. `interrupt` ends it early: the load drains, and what was seen is kept.
///
/// # Errors
/// [`RunError`] when the run cannot begin. A run that began gives a [`RunOutcome`], however it ended.
pub async fn execute(
    plan: RunPlan,
    interrupt: CancellationToken,
    on_event: &mut dyn FnMut(RunEvent<'_>),
) -> Result<RunOutcome, RunError> {
    let _lock = plan.lock;
    let target = environment::find_processes(plan.target);
    let environment = tokio::select! {
        () = interrupt.cancelled() => return Err(RunError::Interrupted),
        environment = async {
            target.reach().await?;
            Ok::<_, TargetError>(environment::describe(&target).await)
        } => environment?,
    };
    let profiler = RunProfiler::choose(&target, &plan.profile).await;
    if let (RunProfiler::Hindered(obstacles), ProfileWanted::Required) = (&profiler, plan.profile.wanted) {
        return Err(RunError::NoProfiler(obstacles.clone()));
    }
    if let (Some(why), ProfileWanted::Required) =
        (unprofilable(&plan.scenario.load, &plan.profile), plan.profile.wanted)
    {
        return Err(RunError::Unprofilable(why));
    }
    let begun = record::begin(&plan.scenario, &target, environment, Utc::now());
    let writer = plan.store.begin(&begun)?;
    on_event(RunEvent::Started { record: &begun, folder: writer.folder() });

    let mut servers = ServerWatches::begin(&target).await;
    let stop_load = CancellationToken::new();
    let stop_watch = CancellationToken::new();
    let base_url = target.url.clone();
    let mut load = aforo_scenarios::start(&plan.scenario, &HttpTarget { base_url }, stop_load.clone())?;
    // An engine that never starts says why when it is joined.
    let started = load.started().await.unwrap_or_else(Instant::now);
    let watch = watch(&environment::watched(&target), started, stop_watch.clone());
    let run_profile = profiler.start(&plan.scenario.load, started);
    let mut session = Session {
        summary: LoadSummary::new(&plan.scenario),
        early_stop: EarlyStop::new(&plan.scenario),
        resources: Vec::new(),
        idle_resources: Vec::new(),
        requests: RequestSeconds::default(),
        death: DeathWatch::default(),
        end: None,
        unsaved: None,
        duration_s: plan.scenario.load.duration_s,
        started,
        writer,
        aborted_requests: 0,
        stop_load,
        stop_watch,
        on_event,
    };
    let mut watch = watch;
    session.observe(load, &mut watch, &interrupt).await;
    // At once: of what follows, the idle seconds are no part of the load.
    servers.close_database();
    // What comes after the run takes none of its time.
    let elapsed_s = session.elapsed_s();
    if plan.confirm_leak && session.end.is_none() {
        session.rest(&mut watch, &interrupt).await;
    }
    session.end_watch(watch).await;
    let profiled = run_profile.finish(session.end.is_some()).await;
    // Before the database, whose analysis takes longer: what it counts is to be of the load.
    let cache = session.read_cache(servers.cache, &interrupt).await;
    let database = match (servers.database, target.database_url.clone()) {
        (Some(watch), Some(database_url)) => {
            let scenario = plan.scenario;
            let probe = plan.probe.then_some(ProbeTarget { target, scenario, tracer: None });
            let analysis = AnalysisPlan { database_url, probe, ..AnalysisPlan::default() };
            session.analyze(watch, analysis, &interrupt).await
        }
        _ => None,
    };
    Ok(session.conclude(begun, elapsed_s, Afterwards { profiled, cache, database }))
}

/// The watches over the target's servers, from before the load on.
struct ServerWatches {
    database: Option<DatabaseWatch>,
    cache: Option<Result<RunCache, String>>,
}

impl ServerWatches {
    async fn begin(target: &Target) -> Self {
        let database = match &target.database_url {
            Some(url) => Some(DatabaseWatch::start(url).await),
            None => None,
        };
        let cache = match target.redis_url.clone() {
            Some(url) => Some(RunCache::begin(url).await),
            None => None,
        };
        Self { database, cache }
    }

    /// Ends the window over which the database is watched.
    fn close_database(&mut self) {
        if let Some(watch) = &mut self.database {
            watch.close();
        }
    }
}

/// What is read of the target once the load has ended.
struct Afterwards {
    profiled: Profiled,
    cache: Option<CacheReport>,
    database: Option<DatabaseReport>,
}

/// A run that is going on.
struct Session<'a> {
    summary: LoadSummary,
    early_stop: EarlyStop,
    resources: Vec<ResourceSample>,
    idle_resources: Vec<ResourceSample>,
    requests: RequestSeconds,
    death: DeathWatch,
    /// Why the run ends before its time, once it does.
    end: Option<RunEnd>,
    /// The first write that failed; after it nothing more is written.
    unsaved: Option<StoreError>,
    duration_s: f64,
    started: Instant,
    writer: RunWriter,
    /// Requests that outlasted the grace time after the order to stop.
    aborted_requests: u32,
    stop_load: CancellationToken,
    stop_watch: CancellationToken,
    on_event: &'a mut dyn FnMut(RunEvent<'_>),
}

impl Session<'_> {
    /// Takes in what load and watch hand over until the load has drained.
    async fn observe(&mut self, mut load: RunningLoad, watch: &mut Watch, interrupt: &CancellationToken) {
        loop {
            tokio::select! {
                second = load.seconds.recv() => match second {
                    Some(second) => self.second(&second),
                    None => break,
                },
                Some(sample) = watch.samples.recv() => self.sample(sample),
                Some(notice) = watch.notices.recv() => self.notice(&notice),
                () = interrupt.cancelled(), if self.end.is_none() => {
                    let at_s = self.elapsed_s();
                    self.end_early(RunEnd::Interrupted { at_s }, "stopping: requests in flight are let finish");
                }
            }
        }
        match load.join().await {
            Ok(end) => self.aborted_requests = end.aborted_requests,
            Err(error) => {
                let failed = RunEnd::Failed { at_s: self.elapsed_s(), why: error.to_string() };
                self.end.get_or_insert(failed);
            }
        }
    }

    /// Watches the target while nothing is asked of it.
    async fn rest(&mut self, watch: &mut Watch, interrupt: &CancellationToken) {
        // Those that are still queued are of the load.
        while let Ok(sample) = watch.samples.try_recv() {
            self.sample(sample);
        }
        let length_s = REST.as_secs();
        (self.on_event)(RunEvent::Notice(format!("watching the target at rest for {length_s} s")));
        let deadline = tokio::time::Instant::now() + REST;
        loop {
            tokio::select! {
                Some(sample) = watch.samples.recv() => self.idle_resources.push(sample),
                () = interrupt.cancelled() => return,
                () = tokio::time::sleep_until(deadline) => return,
            }
        }
    }

    /// Takes in what the watch still hands over.
    async fn end_watch(&mut self, mut watch: Watch) {
        self.stop_watch.cancel();
        while let Some(sample) = watch.samples.recv().await {
            // After a rest, the last one belongs to it.
            match self.idle_resources.is_empty() {
                true => self.sample(sample),
                false => self.idle_resources.push(sample),
            }
        }
        while let Some(notice) = watch.notices.recv().await {
            self.notice(&notice);
        }
    }

    fn elapsed_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn second(&mut self, second: &LoadSecond) {
        self.summary.add(second);
        self.requests.add(second);
        self.save(|writer| writer.append_second(second));
        (self.on_event)(RunEvent::Second { live: self.summary.live(), duration_s: self.duration_s });
        if self.end.is_none()
            && let Some(end) = self.death.second(second)
        {
            self.end_early(end, "the target has died; ending the run");
        }
        if let Some(why) = self.early_stop.observe(second) {
            self.end_as_lost(why);
        }
    }

    fn sample(&mut self, sample: ResourceSample) {
        self.death.resources(&sample);
        self.save(|writer| writer.append_resources(&sample));
        if let Some(why) = self.early_stop.observe_resources(&sample) {
            self.end_as_lost(why);
        }
        self.resources.push(sample);
    }

    fn notice(&mut self, notice: &Notice) {
        (self.on_event)(RunEvent::Notice(notice.to_string()));
    }

    /// Writes, unless a write has failed before; the first failure ends the run.
    fn save(&mut self, write: impl FnOnce(&mut RunWriter) -> Result<(), StoreError>) {
        if self.unsaved.is_some() {
            return;
        }
        if let Err(error) = write(&mut self.writer) {
            let end = RunEnd::Failed { at_s: self.elapsed_s(), why: error.to_string() };
            self.unsaved = Some(error);
            self.end_early(end, "the run can no longer be saved; ending it");
        }
    }

    /// Ends a run that is lost, unless its time has passed: then it takes no longer than it was to.
    fn end_as_lost(&mut self, why: String) {
        let at_s = self.elapsed_s();
        if self.end.is_none() && at_s < self.duration_s {
            let notice = format!("{why}; ending the run");
            self.end_early(RunEnd::Aborted { at_s, why }, &notice);
        }
    }

    fn end_early(&mut self, end: RunEnd, notice: &str) {
        (self.on_event)(RunEvent::Notice(notice.to_owned()));
        self.end.get_or_insert(end);
        self.stop_load.cancel();
    }

    /// The database report of the run. A run that the user stopped ends without one.
    async fn analyze(
        &mut self,
        watch: DatabaseWatch,
        plan: AnalysisPlan,
        interrupt: &CancellationToken,
    ) -> Option<DatabaseReport> {
        let began = (Instant::now(), Utc::now());
        let mut watched = watch.finish(self.started, &self.requests).await;
        if interrupt.is_cancelled() {
            return None;
        }
        let on_event = &mut self.on_event;
        let mut tell = |event: AnalysisEvent<'_>| on_event(RunEvent::Analysis(event));
        interrupt.run_until_cancelled(analysis::probe_after_load(&plan, &mut watched, &mut tell)).await?;
        let analysis = analysis::conclude(&plan, began, watched, &mut tell);
        let analyzed = tokio::select! {
            () = interrupt.cancelled() => return None,
            analyzed = timeout(LONGEST_ANALYSIS, analysis) => analyzed,
        };
        let why = match analyzed {
            Ok(Ok(report)) => return Some(report),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it took longer than {} s", LONGEST_ANALYSIS.as_secs()),
        };
        (self.on_event)(RunEvent::Notice(format!("there is no database report: {why}")));
        None
    }

    /// The report on the run's Redis. A run that the user stopped ends without one.
    async fn read_cache(
        &mut self,
        begun: Option<Result<RunCache, String>>,
        interrupt: &CancellationToken,
    ) -> Option<CacheReport> {
        let read = match begun? {
            Ok(cache) => interrupt.run_until_cancelled(cache.finish()).await?,
            Err(why) => Err(why),
        };
        read.map_err(|why| {
            (self.on_event)(RunEvent::Notice(format!("there is no report on Redis: {why}")));
        })
        .ok()
    }

    fn conclude(self, begun: RunRecord, elapsed_s: f64, afterwards: Afterwards) -> RunOutcome {
        let Afterwards { profiled, cache, database } = afterwards;
        let judged = self.summary.judged_histograms();
        let mut load = self.summary.finish();
        load.aborted_requests = self.aborted_requests;
        let seen = Seen {
            load,
            resources: self.resources,
            idle_resources: self.idle_resources,
            profiled,
            cache,
            database,
            end: self.end.unwrap_or(RunEnd::Completed),
            elapsed_s,
        };
        let record = record::conclude(begun, seen);
        let folder = self.writer.folder().to_owned();
        // Even after a failed write it is worth a try: room may have been made, and old evidence is kept.
        let saved = self.writer.finish(&record, &judged);
        RunOutcome { record, folder, unsaved: self.unsaved.or(saved.err()) }
    }
}

/// What hinders each profiler, and what enables it, a line each.
fn told(obstacles: &[ProfilerObstacle]) -> String {
    let line = |obstacle: &ProfilerObstacle| {
        format!("\n  {}: {}; {}", obstacle.profiler.as_str(), obstacle.why, obstacle.remedy)
    };
    obstacles.iter().map(line).collect()
}
