//! A CPU profile of the target while a run is at its steady load.

use std::time::{Duration, Instant};

use aforo_model::profile::{Profile, ProfilerObstacle};
use aforo_model::{Load, LoadLevel};
use aforo_profiles::{
    ProfileError, ProfileRequest, ProfiledTarget, ProfilerChoice, ReadyProfiler, choose_profiler,
};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::target::Target;

/// Samples in a second. Measured, more cost the target up to 16 % of its CPU, and 99 nothing above the noise; it does not march in
/// step with timers of 100 Hz.
pub(crate) const RATE_HZ: u32 = 99;
/// The longest window: 30 s of one busy core are 3,000 samples, which tell shares of one percent.
const LONGEST_WINDOW_S: f64 = 30.0;
/// The shortest window: fewer seconds at 99 Hz hardly give the 300 samples that a hot path takes.
const SHORTEST_WINDOW_S: f64 = 4.0;
/// How much of the steady load is profiled at the most, so that there is as much without to tell what profiling costs.
const PROFILED_RATIO: f64 = 0.5;
/// How long a profiler may take beyond its window: a target that profiles itself looks up its symbols then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the target is to be profiled, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProfilePlan {
    /// Whether.
    pub wanted: ProfileWanted,
    /// By which profiler.
    pub choice: ProfilerChoice,
}

/// Whether a profile is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProfileWanted {
    /// When a profiler fits; otherwise the run says why there is none.
    #[default]
    IfPossible,
    /// Or there is no run.
    Required,
    /// Not at all.
    Off,
}

/// What came of profiling.
#[derive(Debug, Default)]
pub(crate) struct Profiled {
    /// The profile, or why there is none although one was wanted and a profiler fits.
    pub(crate) profile: Option<Result<Profile, String>>,
    /// Profilers that did not fit, where none did.
    pub(crate) obstacles: Vec<ProfilerObstacle>,
}

/// What is known of a target to profile it.
pub(crate) fn profiled_target(target: &Target) -> ProfiledTarget {
    ProfiledTarget {
        pid: target.pid,
        others: target.postgres_pid.into_iter().chain(target.redis_pid).collect(),
        base_url: Some(target.url.clone()),
        pprof_url: target.pprof_url.clone(),
    }
}

/// The profiler of a run.
#[derive(Debug)]
pub(crate) enum RunProfiler {
    /// None is wanted.
    Off,
    /// One that fits.
    Ready(ReadyProfiler),
    /// None fits, and why.
    Hindered(Vec<ProfilerObstacle>),
}

impl RunProfiler {
    /// Finds the one that fits the target.
    pub(crate) async fn choose(target: &Target, plan: &ProfilePlan) -> Self {
        if plan.wanted == ProfileWanted::Off || plan.choice == ProfilerChoice::None {
            return Self::Off;
        }
        match choose_profiler(&profiled_target(target), plan.choice).await {
            Ok(profiler) => Self::Ready(profiler),
            Err(obstacles) => Self::Hindered(obstacles),
        }
    }

    /// Waits, in the background, for the steady part of a load that began at `started`, and profiles it.
    pub(crate) fn start(self, load: &Load, started: Instant) -> RunProfile {
        match (self, steady_window(load)) {
            (Self::Ready(profiler), Some((from_s, length_s))) => {
                let stop = CancellationToken::new();
                let request = ProfileRequest { rate_hz: RATE_HZ, window: Duration::from_secs_f64(length_s) };
                let begin = started + Duration::from_secs_f64(from_s);
                let recording = record(profiler, begin, request, started, stop.clone());
                RunProfile::Running { recording: tokio::spawn(recording), stop: stop.drop_guard() }
            }
            (Self::Ready(_), None) => RunProfile::TooShort,
            (Self::Hindered(obstacles), _) => RunProfile::Hindered(obstacles),
            (Self::Off, _) => RunProfile::None,
        }
    }
}

async fn record(
    profiler: ReadyProfiler,
    begin: Instant,
    request: ProfileRequest,
    started: Instant,
    stop: CancellationToken,
) -> Option<Result<Profile, ProfileError>> {
    stop.run_until_cancelled(tokio::time::sleep_until(begin.into())).await?;
    Some(profiler.record(request, started, stop).await)
}

/// A profile that is being taken, or is not.
#[derive(Debug)]
pub(crate) enum RunProfile {
    None,
    TooShort,
    Hindered(Vec<ProfilerObstacle>),
    Running { recording: JoinHandle<Option<Result<Profile, ProfileError>>>, stop: DropGuard },
}

impl RunProfile {
    /// What came of it. The window of a run that went to its end is over by now, and what the target still does is to look up its
    /// symbols, for which there is patience; a run that `was_cut_short` may have none yet.
    pub(crate) async fn finish(self, was_cut_short: bool) -> Profiled {
        match self {
            Self::None => Profiled::default(),
            Self::TooShort => Profiled { profile: Some(Err(too_short())), obstacles: Vec::new() },
            Self::Hindered(obstacles) => Profiled { profile: None, obstacles },
            Self::Running { recording, stop } => {
                if was_cut_short {
                    drop(stop);
                }
                let profile = match awaited(recording, "the load").await {
                    Ok(profile) => profile.map(|taken| taken.map_err(|error| error.to_string())),
                    Err(why) => Some(Err(why)),
                };
                Profiled { profile, obstacles: Vec::new() }
            }
        }
    }
}

/// What a recording gives. One that breaks off is told, and so is one that does not end in time after its window or the load, which
/// is then given up.
pub(crate) async fn awaited<T>(mut recording: JoinHandle<T>, after: &str) -> Result<T, String> {
    let ended = tokio::time::timeout(PATIENCE, &mut recording).await;
    recording.abort();
    match ended {
        Ok(joined) => joined.map_err(|broken| format!("it broke off: {broken}")),
        Err(_) => Err(format!("the profiler did not end within {} s after {after}", PATIENCE.as_secs())),
    }
}

fn too_short() -> String {
    format!(
        "the steady load is shorter than {} s, and half of it is profiled for {SHORTEST_WINDOW_S} s at the least",
        SHORTEST_WINDOW_S / PROFILED_RATIO
    )
}

/// Why a load cannot be profiled, whichever the profiler.
pub(crate) fn unprofilable(load: &Load, plan: &ProfilePlan) -> Option<String> {
    if plan.choice == ProfilerChoice::None {
        return Some("no profiler is to be used".to_owned());
    }
    steady_window(load).is_none().then(too_short)
}

/// The longest time of constant load after warm-up, of several that are as long the last: from when to when, in seconds since the
/// start.
pub(crate) fn steady_part(load: &Load) -> Option<(f64, f64)> {
    let steady = |level: LoadLevel| (level.from_s.max(load.warm_up_s), level.to_s.min(load.duration_s));
    let levels = load.levels().into_iter().map(steady);
    levels.max_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)))
}

/// From when and for how long a load is profiled, in seconds: the middle of its steady part. Nothing where that is too short.
fn steady_window(load: &Load) -> Option<(f64, f64)> {
    let (from_s, to_s) = steady_part(load)?;
    let length_s = ((to_s - from_s) * PROFILED_RATIO).min(LONGEST_WINDOW_S).floor();
    (length_s >= SHORTEST_WINDOW_S).then(|| ((from_s + to_s - length_s) / 2.0, length_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::Workload;

    fn window(duration_s: f64, warm_up_s: f64, steps: u32) -> Option<(f64, f64)> {
        let workload = Workload::Closed { users: 10, users_per_s: 10.0, steps, surge: None };
        steady_window(&Load { workload, duration_s, warm_up_s, timeout_s: 10.0 })
    }

    #[test]
    fn the_middle_of_the_steady_load_is_profiled_and_as_much_is_not() {
        assert_eq!(window(60.0, 10.0, 1), Some((22.5, 25.0)));
        assert_eq!(window(3600.0, 60.0, 1), Some((1815.0, 30.0)));
    }

    #[test]
    fn of_a_stair_the_last_of_the_longest_levels_is_profiled() {
        // 10 steps of 60 s; adding one user takes no time, so all are as long.
        assert_eq!(window(600.0, 10.0, 10), Some((555.0, 30.0)));
    }

    #[test]
    fn a_load_that_is_too_short_is_not_profiled_and_says_so() {
        assert!(too_short().contains("shorter than 8 s"), "{}", too_short());
        assert_eq!(window(12.0, 5.0, 1), None);
        assert_eq!(window(10.0, 20.0, 1), None);
    }
}
