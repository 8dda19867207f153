//! A profiler that fits, and what is the same for all of them around a profile.

use std::time::{Duration, Instant};

use aforo_model::profile::{Profile, ProfileClock, ProfilerKind, ProfilerObstacle};
use tokio_util::sync::CancellationToken;

use super::cpu_meter::{CpuMeter, Descendants};
#[cfg(target_os = "linux")]
use super::perf_event::PerfEvent;
use super::pprof_http::{PprofHttp, whole_seconds};
use super::profiler::{ProfileError, ProfileRequest, ProfiledTarget, Profiler};
#[cfg(target_os = "linux")]
use super::py_spy::PySpy;

/// Below this part of the samples that were due, 0–1, a profile says so. In-process profilers of Rust kept 3–53 % on a busy machine and
/// lost time in libc and the kernel first, so that what is kept is also biased.
const FEW_KEPT_RATIO: f64 = 0.7;

/// A profiler that fits the target.
#[derive(Debug)]
pub struct ReadyProfiler {
    backend: Backend,
    pid: Option<u32>,
    others: Vec<u32>,
    skipped: Vec<ProfilerObstacle>,
}

/// Every profiler.
#[derive(Debug)]
pub(super) enum Backend {
    PprofHttp(PprofHttp),
    #[cfg(target_os = "linux")]
    PySpy(PySpy),
    #[cfg(target_os = "linux")]
    PerfEvent(PerfEvent),
}

impl ReadyProfiler {
    pub(super) fn new(backend: Backend, target: &ProfiledTarget, skipped: Vec<ProfilerObstacle>) -> Self {
        Self { backend, pid: target.pid, others: target.others.clone(), skipped }
    }

    /// Which one it is.
    pub fn kind(&self) -> ProfilerKind {
        match &self.backend {
            Backend::PprofHttp(_) => PprofHttp::KIND,
            #[cfg(target_os = "linux")]
            Backend::PySpy(_) => PySpy::KIND,
            #[cfg(target_os = "linux")]
            Backend::PerfEvent(_) => PerfEvent::KIND,
        }
    }

    /// What hinders those that would have been taken before it.
    pub fn skipped(&self) -> &[ProfilerObstacle] {
        &self.skipped
    }

    /// Takes one profile, and reads what CPU time the target used meanwhile. `started` is the start of the run, from which the
    /// window is told. When `stop` is cancelled, the profile ends early with what it has, where the profiler can do that.
    ///
    /// # Errors
    /// [`ProfileError`]; never an empty profile.
    pub async fn record(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: CancellationToken,
    ) -> Result<Profile, ProfileError> {
        let kind = self.kind();
        let mut meter = self.pid.and_then(|pid| CpuMeter::start(pid, descendants(kind, &self.others)));
        let window =
            if kind == ProfilerKind::PprofHttp { whole_seconds(request.window) } else { request.window };
        let recording = async {
            match self.backend {
                Backend::PprofHttp(profiler) => profiler.record(request, started, stop).await,
                #[cfg(target_os = "linux")]
                Backend::PySpy(profiler) => profiler.record(request, started, stop).await,
                #[cfg(target_os = "linux")]
                Backend::PerfEvent(profiler) => profiler.record(request, started, stop).await,
            }
        };
        let (recorded, cpu_time_s) = with_cpu_time(recording, window, meter.as_mut()).await;
        match recorded {
            Ok(mut profile) => {
                complete(&mut profile, cpu_time_s);
                Ok(profile)
            }
            Err(_) if meter.is_some_and(|mut meter| !meter.is_alive()) => Err(ProfileError::TargetGone),
            Err(ProfileError::NoSamples { why }) => {
                let used =
                    cpu_time_s.map(|used_s| format!("; the target used {:.0} ms of CPU", used_s * 1e3));
                Err(ProfileError::NoSamples { why: why + &used.unwrap_or_default() })
            }
            Err(error) => Err(error),
        }
    }
}

/// A target that profiles itself is one process; from outside its workers are profiled with it.
fn descendants(kind: ProfilerKind, others: &[u32]) -> Descendants<'_> {
    match kind {
        ProfilerKind::PprofHttp => Descendants::None,
        ProfilerKind::PySpy | ProfilerKind::PerfEvent => Descendants::But(others),
    }
}

/// Reads the CPU time where the window ends. What the target spends afterwards, to look up its symbols, is no part of the profile.
async fn with_cpu_time<T>(
    recording: impl Future<Output = T>,
    window: Duration,
    meter: Option<&mut CpuMeter>,
) -> (T, Option<f64>) {
    let Some(meter) = meter else { return (recording.await, None) };
    let mut recording = std::pin::pin!(recording);
    tokio::select! {
        recorded = &mut recording => (recorded, meter.cpu_time_s()),
        () = tokio::time::sleep(window) => {
            let cpu_time_s = meter.cpu_time_s();
            (recording.await, cpu_time_s)
        }
    }
}

/// Adds what the CPU time says of a profile; what the profiler itself has said stays.
fn complete(profile: &mut Profile, cpu_time_s: Option<f64>) {
    profile.target_cpu_time_s = profile.target_cpu_time_s.or(cpu_time_s);
    if profile.clock != ProfileClock::Cpu {
        return;
    }
    let due = profile.target_cpu_time_s.map(|used_s| used_s * profile.rate_hz);
    profile.samples.expected = profile.samples.expected.or(due);
    let kept = profile.samples.kept as f64;
    if let Some(due) = profile.samples.expected.filter(|&due| kept < due * FEW_KEPT_RATIO) {
        profile.notes.push(format!(
            "Only {kept:.0} of the {due:.0} samples that were due were kept ({:.0} %); time in libraries and in the \
             kernel may be missing.",
            kept / due * 100.0
        ));
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::profile::{ProfileWindow, SampleCounts};

    use super::*;

    fn profile(kept: u64, expected: Option<f64>, clock: ProfileClock) -> Profile {
        Profile {
            profiler: ProfilerKind::PprofHttp,
            clock,
            rate_hz: 100.0,
            window: ProfileWindow { from_s: 0.0, to_s: 5.0 },
            samples: SampleCounts { expected, kept, lost: 0 },
            target_cpu_time_s: None,
            notes: Vec::new(),
            frames: Vec::new(),
            stacks: Vec::new(),
        }
    }

    #[test]
    fn what_is_due_is_cpu_time_times_the_rate() {
        let mut taken = profile(71, None, ProfileClock::Cpu);
        complete(&mut taken, Some(1.0));
        assert_eq!((taken.samples.expected, taken.target_cpu_time_s), (Some(100.0), Some(1.0)));
        assert!(taken.notes.is_empty());
    }

    #[test]
    fn a_profile_that_lost_much_says_so() {
        let mut taken = profile(69, None, ProfileClock::Cpu);
        complete(&mut taken, Some(1.0));
        assert!(taken.notes[0].starts_with("Only 69 of the 100 samples"), "{:?}", taken.notes);
    }

    #[test]
    fn cpu_time_says_nothing_of_samples_of_another_clock_and_nothing_where_it_is_not_known() {
        let mut wall = profile(1, Some(2.0), ProfileClock::WallNonIdle);
        complete(&mut wall, Some(1.0));
        assert_eq!((wall.samples.expected, wall.notes.len()), (Some(2.0), 0));
        let mut unknown = profile(1, None, ProfileClock::Cpu);
        complete(&mut unknown, None);
        assert_eq!((unknown.samples.expected, unknown.target_cpu_time_s), (None, None));
    }

    #[tokio::test(start_paused = true)]
    #[cfg(target_os = "linux")]
    async fn cpu_time_is_read_at_the_end_of_the_window_or_of_a_shorter_recording() {
        for recording_s in [1, 60] {
            let mut meter = CpuMeter::start(std::process::id(), Descendants::None).unwrap();
            let recording = tokio::time::sleep(Duration::from_secs(recording_s));
            let ((), cpu_time_s) = with_cpu_time(recording, Duration::from_secs(5), Some(&mut meter)).await;
            assert!(cpu_time_s.is_some());
        }
    }
}
