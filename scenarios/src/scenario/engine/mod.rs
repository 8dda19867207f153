//! Plays a scenario against a target.

mod allocation;
mod attack;
mod clock;
pub(crate) mod exchange;
mod expectation;
mod full_client;
pub(crate) mod http;
mod open;
pub(crate) mod plan;
mod planned_request;
mod ramp;
mod run;
mod session;
#[cfg(test)]
mod tests;
mod user_client;
pub(crate) mod values;
mod virtual_user;

use std::sync::Arc;
use std::time::Instant;

use aforo_model::{HttpClient, LoadSecond, Scenario, Workload};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use url::Url;

use plan::Plan;
use run::Run;
use session::Session;

/// Seconds that may wait to be fetched. When they are full the recorder keeps the next ones; none is lost.
const SECONDS_WAITING: usize = 60;

/// Where the requests go, and nowhere else: a redirect to another scheme, host or port is not followed, its 3xx
/// answer is what the step is judged by. The proxies that the environment names are not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// What every step's path is put behind; may have a path of its own.
    pub base_url: Url,
}

/// A scenario that is being played, on a thread and a runtime of its own.
#[derive(Debug)]
pub struct RunningLoad {
    /// One per second since the first user's start, also when nothing happened in it, in order; each about
    /// 0.1 s after its end; the last one, in which the load drained, is shorter. Closed when the load has drained.
    /// Dropping it stops the load.
    pub seconds: mpsc::Receiver<LoadSecond>,
    started: watch::Receiver<Option<Instant>>,
    ended: oneshot::Receiver<Result<EngineEnd, EngineError>>,
}

/// How a run of the engine ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineEnd {
    /// Why the load stopped.
    pub cause: StopCause,
    /// When the first user started; absent when the order to stop came before.
    pub started: Option<Instant>,
    /// From the first user's start to the order to stop, in seconds.
    pub load_s: f64,
    /// From the first user's start until the last one had ended, in seconds.
    pub elapsed_s: f64,
    /// Virtual users that started.
    pub users_started: u32,
    /// Requests cut off because they outlasted the grace time. They are in no [`LoadSecond`].
    pub aborted_requests: u32,
}

/// Why a load stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// The scenario's duration had passed.
    DurationPassed,
    /// It was told to.
    Ordered,
}

/// Why a scenario cannot be played, or not to its end.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A template is not right. Scenarios read from files have been checked for this.
    #[error("journey `{journey}`, `{item}`: {problem}")]
    Template {
        /// The journey.
        journey: String,
        /// The step or variable.
        item: String,
        /// What is wrong.
        problem: String,
    },
    /// Requests cannot be sent to such a URL.
    #[error("the target's base URL `{base_url}` cannot be used: {problem}")]
    BaseUrl {
        /// The URL, without its password.
        base_url: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// TLS cannot be set up, whatever the target.
    #[error("TLS cannot be set up: {0}; check that this machine's trusted certificates are installed")]
    Tls(String),
    /// Users of an open workload are made when a start is due, and a full client takes milliseconds to make.
    #[error("an open workload is sent by the lean client; remove `client = \"full\"` from `[http]`")]
    FullClientInOpenWorkload,
    /// Nobody has anything to do.
    #[error("no journey has a weight above 0, so no user would do anything; give one a weight")]
    NoJourneys,
    /// The system refused a thread or a runtime.
    #[error("the load generator cannot start: {0}; free some threads or file descriptors")]
    Runtime(#[from] std::io::Error),
    /// No client for a user could be made.
    #[error("no HTTP client can be made: {message}; check the certificates of this system")]
    Client {
        /// What was said.
        message: String,
    },
    /// Goose refused.
    #[error("the load engine failed: {message}")]
    Goose {
        /// What it said.
        message: String,
    },
    /// The code of a step panicked; the run was ended in good order.
    #[error("step `{step}` panicked: {message}; this is a bug in Aforo, please report it")]
    StepPanicked {
        /// The step.
        step: String,
        /// The panic's message.
        message: String,
    },
    /// The generator's thread is gone.
    #[error("the load generator ended without a result; this is a bug in Aforo, please report it")]
    Gone,
}

impl EngineError {
    fn client(error: &reqwest::Error) -> Self {
        let cause = std::error::Error::source(error);
        Self::Client { message: cause.map_or_else(|| error.to_string(), ToString::to_string) }
    }

    fn goose(error: &goose::GooseError) -> Self {
        // Goose's own text leaves out the details of an option it refuses.
        Self::Goose { message: format!("{error} ({error:?})") }
    }
}

/// Starts to play `scenario` against `target`. Users start at the scenario's rate; after its duration, or
/// when `stop` is cancelled, each finishes the request it is waiting for (within its timeout, at most 10 s)
/// and takes no further step.
///
/// # Errors
/// [`EngineError`] when a template is not right or the system refuses a thread.
pub fn start(
    scenario: &Scenario,
    target: &HttpTarget,
    stop: CancellationToken,
) -> Result<RunningLoad, EngineError> {
    let plan = Arc::new(Plan::compile(scenario, &target.base_url)?);
    if plan.journeys.is_empty() {
        return Err(EngineError::NoJourneys);
    }
    let most_users = match scenario.load.workload {
        Workload::Closed { users, .. } => users,
        Workload::Open { .. } if scenario.http.client == HttpClient::Full => {
            return Err(EngineError::FullClientInOpenWorkload);
        }
        Workload::Open { max_users, .. } => max_users,
    };
    http::allow_descriptors(most_users);
    let (seconds_sender, seconds) = mpsc::channel(SECONDS_WAITING);
    let (started_sender, started) = watch::channel(None);
    let (faults_sender, faults) = mpsc::unbounded_channel();
    let (ended_sender, ended) = oneshot::channel();
    let session = Arc::new(Session::new(plan, stop.child_token(), started_sender, faults_sender));
    let run = Run { session, load: scenario.load.clone(), stop, seconds: seconds_sender, faults };
    // One thread: with it, a request costs the generator little more than half the CPU time that a pool of
    // workers takes, because answers are read and requests written in bursts.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("aforo-load".to_owned()).spawn(move || {
        let end = runtime.block_on(run.play());
        // Parked users and requests beyond their grace time end here.
        runtime.shutdown_background();
        // Nobody waits for the end of a run that was dropped.
        let _ = ended_sender.send(end);
    })?;
    Ok(RunningLoad { seconds, started, ended })
}

impl RunningLoad {
    /// Waits for the first user's start, from which all seconds count. None when the load ended before.
    pub async fn started(&mut self) -> Option<Instant> {
        self.started.wait_for(Option::is_some).await.ok().and_then(|started| *started)
    }

    /// Waits until the load has drained. Seconds that were not fetched are gone.
    ///
    /// # Errors
    /// [`EngineError`] when the engine failed on the way; what was recorded until then was handed out.
    pub async fn join(self) -> Result<EngineEnd, EngineError> {
        let Self { mut seconds, ended, .. } = self;
        // Fetched to the end, because nobody shall wait for room and closing the channel stops the load.
        while seconds.recv().await.is_some() {}
        ended.await.unwrap_or(Err(EngineError::Gone))
    }
}
