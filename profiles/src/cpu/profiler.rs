//! What every profiler can do.

use std::time::{Duration, Instant};

use aforo_model::profile::{Profile, ProfilerKind, ProfilerObstacle};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What is to be profiled, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct ProfiledTarget {
    /// Its main process, on this machine.
    pub pid: Option<u32>,
    /// Servers that may run below it and are not the target: its Postgres and Redis, where they are its children.
    pub others: Vec<u32>,
    /// Base URL.
    pub base_url: Option<Url>,
    /// Where it serves its own profile, when that is not `/debug/pprof/profile` of the base URL.
    pub pprof_url: Option<Url>,
}

/// What a profile is to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileRequest {
    /// Samples in a second. 99 does not march in step with timers of 100 Hz.
    pub rate_hz: u32,
    /// How long.
    pub window: Duration,
}

/// Why a profile that was begun came to nothing.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The target ended, or another process took its place.
    #[error("the target's process ended before a profile was taken")]
    TargetGone,
    /// What the target served is no profile.
    #[error("{url} did not serve a profile: {why}")]
    NotAProfile {
        /// Where it was asked for, without a password.
        url: String,
        /// What came instead.
        why: String,
    },
    /// Nothing ran.
    #[error("not one sample was taken: {why}")]
    NoSamples {
        /// What the target did meanwhile, as far as known.
        why: String,
    },
    /// The profiler itself failed.
    #[error("{profiler} failed: {why}", profiler = .profiler.as_str())]
    Failed {
        /// Which.
        profiler: ProfilerKind,
        /// What happened, and what helps where that is known.
        why: String,
    },
}

/// One way to take a profile.
pub(crate) trait Profiler: Sized + Send {
    /// Which one it is.
    const KIND: ProfilerKind;

    /// Whether it fits the target. Takes no sample and changes nothing.
    ///
    /// # Errors
    /// Why it does not, and what enables it.
    fn probe(target: &ProfiledTarget) -> impl Future<Output = Result<Self, ProfilerObstacle>> + Send;

    /// Takes one profile. `started` is the start of the run, from which the window is told. When `stop` is cancelled the profile
    /// ends early with what it has, where the profiler can do that.
    ///
    /// # Errors
    /// [`ProfileError`]; never an empty profile.
    fn record(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: CancellationToken,
    ) -> impl Future<Output = Result<Profile, ProfileError>> + Send;
}
