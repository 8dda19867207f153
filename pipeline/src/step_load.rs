//! The load of one step alone, watched, until enough of it was seen.

use std::time::{Duration, Instant};

use aforo_model::ResourceSample;
use aforo_profiles::{Watch, watch};
use aforo_scenarios::{AloneScenario, EngineError, HttpTarget, RunningLoad};
use miette::Diagnostic;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::environment;
use crate::target::{Target, TargetError};
use crate::wall_inputs::{WallInputs, WallReadings, WallWatch};

mod tally;
#[cfg(test)]
mod tests;

use tally::Tally;

/// The load of one step that is going on.
#[derive(Debug)]
pub struct StepLoad {
    alone: AloneScenario,
    started: Instant,
    load: RunningLoad,
    watch: Watch,
    /// What is read of the servers behind the target, from the end of the warm-up.
    wall: AbortOnDropHandle<WallReadings>,
    stop_load: CancellationToken,
    stop_watch: CancellationToken,
    stop_wall: CancellationToken,
}

/// How far a load of one step has come. Warm-up counts for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StepLoadProgress {
    /// Requests of the step that ended.
    pub requests: u64,
    /// Those of them that failed.
    pub errors: u64,
    /// Seconds judged so far.
    pub judged_s: f64,
    /// CPU time of the target's processes since the end of the warm-up, seconds: what a profile of CPU samples.
    pub target_cpu_s: Option<f64>,
}

/// What a load of one step tells while it goes on.
#[derive(Debug)]
pub enum StepLoadEvent {
    /// A second has passed.
    Second(StepLoadProgress),
    /// Something is not watched.
    Notice(String),
}

/// Why a load of one step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepLoadEnd {
    /// Enough was seen.
    Enough,
    /// Its longest duration had passed.
    TimeLimit,
    /// The user stopped it.
    Interrupted,
}

/// Requests that ended in one second of the load, warm-up and draining included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecondCount {
    /// Which second since the start of the load: 0 is the first.
    pub second: u32,
    /// Of the step.
    pub requests: u64,
    /// Of the step and of those it needs.
    pub all_requests: u64,
}

/// What a load of one step gave.
#[derive(Debug, Clone)]
pub struct StepLoadOutcome {
    /// Why it ended.
    pub end: StepLoadEnd,
    /// Where the judged part begins, seconds since the start of the load: at the end of the warm-up.
    pub judged_from_s: f64,
    /// Where it ends: before the order to stop.
    pub judged_to_s: f64,
    /// Requests of the step that ended in the judged part, failed ones included.
    pub requests: u64,
    /// Those of them that failed.
    pub errors: u64,
    /// Requests by second.
    pub seconds: Vec<SecondCount>,
    /// Readings of the resources, from before the load until after it.
    pub resources: Vec<ResourceSample>,
    /// What the time of a request is made of is told from this.
    pub wall: WallInputs,
}

/// Why a load of one step gave nothing that can be used.
#[derive(Debug, Error, Diagnostic)]
pub enum StepLoadError {
    /// The target cannot be loaded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Target(#[from] TargetError),
    /// The load engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Too many requests fail.
    #[error(
        "the step `{step}` fails: {errors} of {requests} requests, such as: {example}; what would be measured is the path \
         of an error"
    )]
    #[diagnostic(help("{help}"))]
    Fails {
        /// The step that fails: the one that is loaded, or one that it needs.
        step: String,
        /// Its failed requests.
        errors: u64,
        /// All its requests.
        requests: u64,
        /// One of the failures.
        example: String,
        /// What to do.
        help: &'static str,
    },
    /// Not one request of it ended.
    #[error("no request of the step `{step}` ended in {judged_s:.0} s after the warm-up{}", needing(needed))]
    #[diagnostic(help(
        "look at what the steps before it answer, and whether they hold the values it needs; give a slow step more time"
    ))]
    NoRequests {
        /// The step.
        step: String,
        /// How long it was waited for, seconds.
        judged_s: f64,
        /// The steps that are sent before it.
        needed: Vec<String>,
    },
    /// The user stopped it before anything was seen.
    #[error("stopped before anything was measured")]
    Interrupted,
}

fn needing(needed: &[String]) -> String {
    if needed.is_empty() { String::new() } else { format!("; before it are sent: {}", needed.join(", ")) }
}

impl StepLoad {
    /// Starts the load, and the watch of the target and of the servers behind it.
    ///
    /// # Errors
    /// [`StepLoadError::Target`] when the target may not be loaded or does not answer, [`StepLoadError::Engine`] when the
    /// load cannot be started.
    pub async fn start(alone: AloneScenario, target: &Target) -> Result<Self, StepLoadError> {
        let target = environment::find_processes(target.clone());
        target.reach().await?;
        let wall = WallWatch::connect(&target).await;
        let [stop_load, stop_watch, stop_wall] = [(); 3].map(|()| CancellationToken::new());
        let base_url = target.url.clone();
        let mut load = aforo_scenarios::start(&alone.scenario, &HttpTarget { base_url }, stop_load.clone())?;
        // An engine that never starts says why when it is joined.
        let started = load.started().await.unwrap_or_else(Instant::now);
        let watch = watch(&environment::watched(&target), started, stop_watch.clone());
        let judged_from = started + Duration::from_secs_f64(alone.scenario.load.warm_up_s);
        let wall = AbortOnDropHandle::new(tokio::spawn(wall.run(judged_from, stop_wall.clone())));
        Ok(Self { alone, started, load, watch, wall, stop_load, stop_watch, stop_wall })
    }

    /// When the first user started. All seconds count from here.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// When the warm-up ends: what is measured beside the load should begin here.
    pub fn judged_from(&self) -> Instant {
        self.started + Duration::from_secs_f64(self.alone.scenario.load.warm_up_s)
    }

    /// Waits until `requests` of the step have ended after the warm-up and `is_enough` holds, which is asked once a second
    /// from then on; or until the load's longest duration has passed, or the user interrupts. The load stops only when the
    /// servers were read a last time, so that everything is measured under load.
    ///
    /// # Errors
    /// [`StepLoadError::Fails`] when more than 5 % of the requests of the step, or of one that it needs, fail, as soon as that
    /// is certain; [`StepLoadError::NoRequests`], [`StepLoadError::Interrupted`] and [`StepLoadError::Engine`].
    pub async fn run(
        mut self,
        requests: u64,
        interrupt: CancellationToken,
        mut is_enough: impl FnMut(&StepLoadProgress) -> bool,
        on_event: &mut dyn FnMut(StepLoadEvent),
    ) -> Result<StepLoadOutcome, StepLoadError> {
        let mut tally = Tally::new(&self.alone, requests);
        let mut end = None;
        let mut readings = None;
        loop {
            tokio::select! {
                second = self.load.seconds.recv() => {
                    let Some(second) = second else { break };
                    tally.add(&second);
                    let progress = tally.progress();
                    on_event(StepLoadEvent::Second(progress));
                    let is_done = progress.requests >= requests && is_enough(&progress);
                    if end.is_none() && (is_done || tally.is_hopeless()) {
                        end = Some(StepLoadEnd::Enough);
                        self.stop_wall.cancel();
                        tally.close();
                    }
                }
                Some(sample) = self.watch.samples.recv() => tally.resources.push(sample),
                Some(notice) = self.watch.notices.recv() => on_event(StepLoadEvent::Notice(notice.to_string())),
                () = interrupt.cancelled(), if end.is_none() => {
                    end = Some(StepLoadEnd::Interrupted);
                    self.stop_wall.cancel();
                    tally.close();
                }
                read = &mut self.wall, if readings.is_none() => {
                    readings = Some(read);
                    self.stop_load.cancel();
                }
            }
        }
        let load_end = self.load.join().await;
        self.stop_wall.cancel();
        let readings = match readings {
            Some(readings) => readings,
            None => self.wall.await,
        };
        self.stop_watch.cancel();
        while let Some(sample) = self.watch.samples.recv().await {
            tally.resources.push(sample);
        }
        load_end?;
        let end = end.unwrap_or(StepLoadEnd::TimeLimit);
        tally.check(end)?;
        let readings = readings.unwrap_or_else(|broken| WallReadings::broken_off(self.started, &broken));
        Ok(tally.conclude(end, |load| readings.beside(self.started, load)))
    }
}
