//! A target that profiles itself and serves the profile over HTTP, as Go's `net/http/pprof` does.

mod address;
mod evidence;
mod exchange;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use aforo_model::profile::{Frame, Profile, ProfileWindow, ProfilerKind, ProfilerObstacle, SampleCounts};
use aforo_pprof::DecodedProfile;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::profiler::{ProfileError, ProfileRequest, ProfiledTarget, Profiler};
use address::{profile_url, shown, url_of_window};
use exchange::Fault;

/// How long a target may take to put its profile together once its window has ended.
const TIME_TO_ANSWER: Duration = Duration::from_secs(30);

/// What Go's `net/http/pprof` answers, with 400, where its server ends answers sooner than the profile would.
const GO_ALLOWS_LESS: &str = "profile duration exceeds server's WriteTimeout";

/// The profile of a URL.
#[derive(Debug)]
pub(super) struct PprofHttp {
    client: reqwest::Client,
    url: Url,
}

/// A window in whole seconds, which is how it is asked for; at least one.
pub(super) fn whole_seconds(window: Duration) -> Duration {
    let full = window.as_secs();
    Duration::from_secs(if window.subsec_nanos() > 0 { full + 1 } else { full.max(1) })
}

impl Profiler for PprofHttp {
    const KIND: ProfilerKind = ProfilerKind::PprofHttp;

    async fn probe(target: &ProfiledTarget) -> Result<Self, ProfilerObstacle> {
        let obstacle = |why: String, remedy: &str| ProfilerObstacle {
            profiler: Self::KIND,
            why,
            remedy: remedy.to_owned(),
        };
        let Some(url) = profile_url(target) else {
            return Err(obstacle(
                "no URL of the target is known".to_owned(),
                "name the URL at which the target serves its profile",
            ));
        };
        let client = exchange::client().map_err(|error| {
            obstacle(format!("no HTTP client: {error}"), "check the system's certificates")
        })?;
        match evidence::gather(&client, &url, target.pprof_url.is_some()).await {
            Ok(()) => Ok(Self { client, url }),
            Err(evidence::Absence { why, remedy }) => {
                Err(obstacle(format!("no pprof endpoint at {}: {why}", shown(&url)), remedy))
            }
        }
    }

    async fn record(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: CancellationToken,
    ) -> Result<Profile, ProfileError> {
        let Answer { window, from_s, fetched } = tokio::select! {
            answer = self.ask(request, started) => answer,
            () = stop.cancelled() => return Err(failed(
                "it was stopped before the target sent the profile; over HTTP a profile comes at its end or not at all",
            )),
        };
        let took = started.elapsed().as_secs_f64() - from_s;
        let bytes = fetched.map_err(|fault| error_of(fault, &self.url))?;
        // Megabytes to unpack; other tasks must not wait for it.
        let decoded = tokio::task::spawn_blocking(move || aforo_pprof::decode(&bytes))
            .await
            .map_err(|error| failed(format!("the profile could not be read: {error}")))?
            .map_err(|error| not_a_profile(&self.url, error.to_string()))?;
        let elapsed_s =
            decoded.duration_s.filter(|&told_s| told_s <= took).unwrap_or(took.min(window.as_secs_f64()));
        if decoded.sample_count == 0 {
            return Err(ProfileError::NoSamples {
                why: format!(
                    "the profile of {elapsed_s:.1} s that the target sent is empty; put load on it meanwhile"
                ),
            });
        }
        let mut profile =
            profile(decoded, request.rate_hz, ProfileWindow { from_s, to_s: from_s + elapsed_s });
        profile.notes.extend(note_of_window(whole_seconds(request.window), window));
        Ok(profile)
    }
}

/// What came of a request for a profile.
struct Answer {
    /// How long it was to be.
    window: Duration,
    /// When it was asked for, seconds since the start of the run.
    from_s: f64,
    /// The body.
    fetched: Result<Vec<u8>, Fault>,
}

impl PprofHttp {
    /// Asks for a profile, and for shorter ones as long as the target's server allows none as long as that: it says so at once.
    async fn ask(&self, request: ProfileRequest, started: Instant) -> Answer {
        let mut window = whole_seconds(request.window);
        loop {
            let url = url_of_window(&self.url, window, request.rate_hz);
            let from_s = started.elapsed().as_secs_f64();
            let timeout = window + TIME_TO_ANSWER;
            let fetched = exchange::fetch(&self.client, url, timeout, aforo_pprof::MOST_BYTES).await;
            match fetched {
                Err(Fault::Status(400, why)) if why.contains(GO_ALLOWS_LESS) && window.as_secs() > 1 => {
                    window = Duration::from_secs(window.as_secs() * 3 / 4);
                }
                fetched => return Answer { window, from_s, fetched },
            }
        }
    }
}

fn note_of_window(wanted: Duration, allowed: Duration) -> Option<String> {
    (allowed < wanted).then(|| {
        format!(
            "The profile is of {} s, where {} s were wanted: the target's server ends answers after its WriteTimeout, and takes no profile \
             that is longer. Raise it, or serve profiles by a server of their own.",
            allowed.as_secs(),
            wanted.as_secs()
        )
    })
}

fn profile(decoded: DecodedProfile, asked_hz: u32, window: ProfileWindow) -> Profile {
    let mut notes = decoded.notes;
    notes.extend(note_of_rust(&decoded.frames));
    Profile {
        profiler: PprofHttp::KIND,
        clock: decoded.clock,
        rate_hz: decoded.rate_hz.unwrap_or_else(|| f64::from(asked_hz)),
        window,
        // The format has no field for what was lost.
        samples: SampleCounts { expected: None, kept: decoded.sample_count, lost: 0 },
        target_cpu_time_s: None,
        notes,
        frames: decoded.frames,
        stacks: decoded.stacks,
    }
}

/// What is known of the profiler of a target in Rust, which the file does not tell. With frame pointers pprof-rs records return addresses
/// only: the function on top is missing, and its samples are its caller's.
fn note_of_rust(frames: &[Frame]) -> Option<String> {
    let is_rust = frames.iter().any(|frame| {
        frame.function.contains("::") && frame.file.as_deref().is_some_and(|file| file.ends_with(".rs"))
    });
    is_rust.then(|| {
        "The target is written in Rust: where it is profiled by pprof-rs with frame pointers, the time of a function that \
         calls no other is shown as its caller's own."
            .to_owned()
    })
}

fn error_of(fault: Fault, url: &Url) -> ProfileError {
    match fault {
        Fault::Status(409, _) => {
            failed("the target is already taking a profile for somebody else; try again when that has ended")
        }
        Fault::Status(status, begin) if begin.is_empty() => {
            not_a_profile(url, format!("it answered {status}"))
        }
        Fault::Status(status, begin) => not_a_profile(url, format!("it answered {status}: {begin:?}")),
        Fault::TooLarge(limit) => not_a_profile(
            url,
            format!(
                "the answer has more than {} MiB and was cut off; profile for fewer seconds",
                limit >> 20
            ),
        ),
        Fault::Unreachable(why) | Fault::Broken(why) => failed(format!("{}: {why}", shown(url))),
    }
}

fn failed(why: impl Into<String>) -> ProfileError {
    ProfileError::Failed { profiler: PprofHttp::KIND, why: why.into() }
}

fn not_a_profile(url: &Url, why: String) -> ProfileError {
    ProfileError::NotAProfile { url: shown(url), why }
}
