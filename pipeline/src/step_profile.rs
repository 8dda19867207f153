//! Where the time of one step goes: it is loaded alone, and the target profiled meanwhile.

mod load_notes;
mod saved;

use std::time::{Duration, Instant};

use aforo_analyzers::{
    ProfileContext, WallReadings, profile_failed, profile_findings, profiler_unavailable, record_of,
    split_wall, wall_findings,
};
use aforo_model::profile::{Profile, ProfileRecord, ProfilerObstacle, StepProfile};
use aforo_model::{Answer, RUN_FORMAT_VERSION, Subject};
use aforo_profiles::{ProfileError, ProfileRequest, ReadyProfiler, choose_profiler};
use aforo_scenarios::AloneScenario;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cpu_profile::{RATE_HZ, awaited, profiled_target};
use crate::environment::find_processes;
use crate::step_load::{StepLoad, StepLoadError, StepLoadEvent, StepLoadOutcome, StepLoadProgress};
use crate::target::Target;
use crate::wall_inputs::WallInputs;
use aforo_profiles::ProfilerChoice;

pub use saved::ProfileStore;

/// Samples that are aimed at: with a thousand, shares of 2.4 % stand out of the noise.
const WANTED_SAMPLES: f64 = 1000.0;
/// How long the load is watched before the window is set by the CPU that it takes.
const FIRST_LOOK: Duration = Duration::from_millis(2_500);
/// The shortest window, and the one where the target's CPU is not known.
const SHORTEST_WINDOW_S: f64 = 5.0;
const WINDOW_OF_UNKNOWN_S: f64 = 10.0;
/// What is left of the load's longest duration when the window ends.
const SPARE_S: f64 = 2.0;

/// What is to be profiled.
#[derive(Debug)]
pub struct StepProfilePlan {
    /// The step, alone.
    pub alone: AloneScenario,
    /// Requests of it, at the least.
    pub requests: u64,
    /// The system under test.
    pub target: Target,
    /// By which profiler.
    pub profiler: ProfilerChoice,
}

/// What profiling a step tells while it goes on.
#[derive(Debug)]
pub enum StepProfileEvent {
    /// The load begins, with this profiler or none.
    Began(Option<&'static str>),
    /// A second has passed.
    Second(StepLoadProgress),
    /// Something is not watched.
    Notice(String),
}

/// Loads a step alone until its requests have ended and a profile was taken, and says where its time goes. Without a profiler
/// that fits, the profile is absent with what hinders each, and the rest is there.
///
/// # Errors
/// [`StepLoadError`] when the step cannot be loaded, or fails.
pub async fn profile_step(
    plan: StepProfilePlan,
    interrupt: CancellationToken,
    on_event: &mut dyn FnMut(StepProfileEvent),
) -> Result<StepProfile, StepLoadError> {
    let target = find_processes(plan.target);
    target.reach().await?;
    let chosen = choose_profiler(&profiled_target(&target), plan.profiler).await;
    let (profiler, obstacles) = match chosen {
        Ok(profiler) => {
            let skipped = profiler.skipped().to_vec();
            (Some(profiler), skipped)
        }
        Err(obstacles) => (None, obstacles),
    };
    on_event(StepProfileEvent::Began(profiler.as_ref().map(|profiler| profiler.kind().as_str())));
    let loaded = Loaded {
        step: plan.alone.step.clone(),
        needed_steps: plan.alone.needed_steps.clone(),
        other_requests: plan.alone.other_requests,
        users: users(&plan.alone),
        wanted_requests: plan.requests,
    };
    let load_s = plan.alone.scenario.load.duration_s;
    let load = StepLoad::start(plan.alone, &target).await?;
    let (progress_sender, progress) = watch::channel(StepLoadProgress::default());
    let stop = CancellationToken::new();
    let _stopping = stop.clone().drop_guard();
    let recording = profiler.map(|profiler| {
        let times = Times { started: load.started(), judged_from: load.judged_from(), load_s };
        tokio::spawn(record(profiler, times, progress, stop.clone()))
    });
    let is_taken = |_: &StepLoadProgress| recording.as_ref().is_none_or(JoinHandle::is_finished);
    let mut tell = |event: StepLoadEvent| match event {
        StepLoadEvent::Second(seconds) => {
            progress_sender.send_replace(seconds);
            on_event(StepProfileEvent::Second(seconds));
        }
        StepLoadEvent::Notice(text) => on_event(StepProfileEvent::Notice(text)),
    };
    let outcome = load.run(plan.requests, interrupt.clone(), is_taken, &mut tell).await?;
    // Its window ends within the load; what it does afterwards is to look up symbols.
    if interrupt.is_cancelled() {
        stop.cancel();
    }
    let profile = taken(recording).await;
    Ok(concluded(loaded, outcome, profile, obstacles))
}

/// Virtual users of the load.
fn users(alone: &AloneScenario) -> u32 {
    let levels = alone.scenario.load.levels();
    levels.last().map_or(0, |level| level.demand.value() as u32)
}

/// What was sent.
#[derive(Debug)]
struct Loaded {
    step: String,
    needed_steps: Vec<String>,
    other_requests: usize,
    users: u32,
    wanted_requests: u64,
}

/// When a load began, when its warm-up ended, and how long it may be.
#[derive(Debug, Clone, Copy)]
struct Times {
    started: Instant,
    judged_from: Instant,
    load_s: f64,
}

/// Takes the profile once it is seen what CPU the load takes, for as long as the samples that are wanted need.
async fn record(
    profiler: ReadyProfiler,
    times: Times,
    progress: watch::Receiver<StepLoadProgress>,
    stop: CancellationToken,
) -> Result<Profile, ProfileError> {
    let look = times.judged_from + FIRST_LOOK;
    stop.run_until_cancelled(tokio::time::sleep_until(look.into())).await;
    let seen = *progress.borrow();
    let left_s = times.load_s - times.started.elapsed().as_secs_f64() - SPARE_S;
    let window = Duration::from_secs_f64(window_s(seen, left_s));
    profiler.record(ProfileRequest { rate_hz: RATE_HZ, window }, times.started, stop).await
}

/// How long to profile for the samples that are wanted, within what is left of the load.
fn window_s(seen: StepLoadProgress, left_s: f64) -> f64 {
    let cores = seen.target_cpu_s.map(|cpu_s| cpu_s / seen.judged_s.max(1.0)).filter(|cores| *cores > 0.0);
    let wanted_s = cores.map_or(WINDOW_OF_UNKNOWN_S, |cores| WANTED_SAMPLES / (f64::from(RATE_HZ) * cores));
    wanted_s.ceil().min(left_s).max(SHORTEST_WINDOW_S)
}

/// What came of the recording; nothing where none was begun.
async fn taken(
    recording: Option<JoinHandle<Result<Profile, ProfileError>>>,
) -> Option<Result<Profile, String>> {
    let taken = awaited(recording?, "its window").await;
    Some(taken.and_then(|taken| taken.map_err(|error| error.to_string())))
}

fn concluded(
    loaded: Loaded,
    outcome: StepLoadOutcome,
    taken: Option<Result<Profile, String>>,
    obstacles: Vec<ProfilerObstacle>,
) -> StepProfile {
    let requests: Vec<u64> = outcome.seconds.iter().map(|second| second.requests).collect();
    let context = ProfileContext {
        requests: &requests,
        resources: &outcome.resources,
        steady_s: (outcome.judged_from_s, outcome.judged_to_s),
    };
    let subject = Subject::Step(loaded.step.clone());
    let mut findings = Vec::new();
    let profile: Answer<ProfileRecord> = match taken {
        Some(Ok(profile)) => {
            let record = record_of(profile, &context);
            findings.extend(profile_findings(&record, &subject));
            Answer::Found(record)
        }
        Some(Err(why)) => {
            findings.push(profile_failed(&why));
            Answer::absent(why)
        }
        None if obstacles.is_empty() => Answer::absent("no profile was wanted"),
        None => {
            findings.extend(profiler_unavailable(&obstacles));
            Answer::absent("no profiler fits")
        }
    };
    let wall = split_wall(&wall_readings(&outcome.wall))
        .map_or_else(|| Answer::absent("no request ended in the time that was watched"), Answer::Found);
    let commands: Vec<(String, u64)> =
        outcome.wall.redis_commands.iter().map(|each| (each.command.clone(), each.calls)).collect();
    findings.extend(wall_findings(&wall, &commands, &subject));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let load_notes = load_notes::of(&loaded, &outcome);
    StepProfile {
        format_version: RUN_FORMAT_VERSION,
        step: loaded.step,
        needed_steps: loaded.needed_steps,
        requests: outcome.requests,
        users: loaded.users,
        elapsed_s: outcome.judged_to_s - outcome.judged_from_s,
        profile,
        obstacles,
        wall,
        unread: outcome.wall.unread,
        load_notes,
        diff: None,
        findings,
    }
}

fn wall_readings(inputs: &WallInputs) -> WallReadings {
    WallReadings {
        requests: inputs.requests,
        mean_response_time_us: inputs.mean_response_time_us,
        cpu_s: inputs.cpu_s,
        run_queue_delay_s: inputs.run_queue_delay_s,
        statement_time_ms: inputs.statement_time_ms,
        active_session_s: inputs.active_session_s,
        redis_time_us: inputs.redis_time_us,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(target_cpu_s: Option<f64>, left_s: f64) -> f64 {
        window_s(StepLoadProgress { target_cpu_s, judged_s: 2.0, ..StepLoadProgress::default() }, left_s)
    }

    #[test]
    fn the_window_is_as_long_as_a_thousand_samples_take() {
        // Half a core gives 49.5 samples a second.
        assert_eq!(window(Some(1.0), 60.0), 21.0);
        assert_eq!(window(Some(4.0), 60.0), 6.0);
    }

    #[test]
    fn it_is_no_longer_than_the_load_and_never_too_short() {
        assert_eq!(window(Some(0.01), 40.0), 40.0);
        assert_eq!(window(Some(100.0), 60.0), SHORTEST_WINDOW_S);
        assert_eq!(window(None, 60.0), WINDOW_OF_UNKNOWN_S);
        assert_eq!(window(Some(0.0), 60.0), WINDOW_OF_UNKNOWN_S);
    }
}
