//! One profile by the kernel's samples.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use aforo_model::profile::{
    Frame, Profile, ProfileClock, ProfileWindow, ProfilerKind, ProfilerObstacle, SampleCounts, Stack,
};
use tokio_util::sync::CancellationToken;

use super::permissions::{Denial, Permissions, Scope};
use super::rings::{Rings, Sampling, try_event};
use super::symbols::frames_of;
use super::tally::{Place, Tally};
use super::tasks::{Root, is_alive, process_tree};
use super::{binaries::Binaries, notes};
use crate::cpu::profiler::{ProfileError, ProfileRequest, ProfiledTarget, Profiler};

/// How often the rings are read: at 99 Hz, ten samples of one CPU at most.
const READ_EVERY: Duration = Duration::from_millis(50);
/// How often threads and processes are looked for that no event told of.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The kernel's sampler for one process and its descendants.
#[derive(Debug, Clone)]
pub(crate) struct PerfEvent {
    root: Root,
    scope: Scope,
    /// Where not, the target's threads are watched one by one.
    pub(super) may_watch_machine: bool,
}

impl Profiler for PerfEvent {
    const KIND: ProfilerKind = ProfilerKind::PerfEvent;

    async fn probe(target: &ProfiledTarget) -> Result<Self, ProfilerObstacle> {
        fit(target).map_err(|denial| ProfilerObstacle {
            profiler: Self::KIND,
            why: denial.why,
            remedy: denial.remedy,
        })
    }

    async fn record(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: CancellationToken,
    ) -> Result<Profile, ProfileError> {
        // Who no longer waits for the profile ends it, too.
        let stop = stop.child_token();
        let _stop_with_this_future = stop.clone().drop_guard();
        tokio::task::spawn_blocking(move || self.sample(request, started, &stop))
            .await
            .unwrap_or_else(|error| Err(failed(format!("its thread ended early: {error}"))))
    }
}

fn fit(target: &ProfiledTarget) -> Result<PerfEvent, Denial> {
    let pid = target.pid.ok_or_else(|| Denial {
        why: "the target's process is not known on this machine".to_owned(),
        remedy: "run Aforo on the target's machine, and name the process with --pid if it is not found"
            .to_owned(),
    })?;
    if !is_alive(pid) {
        return Err(Denial {
            why: format!("process {pid} does not run"),
            remedy: "start the target".to_owned(),
        });
    }
    let permissions = Permissions::towards(pid);
    let scope = permissions.scope()?;
    try_event(pid, scope).map_err(|error| permissions.explain(&error))?;
    Ok(PerfEvent {
        root: Root { pid, others: target.others.clone() },
        scope,
        may_watch_machine: permissions.may_watch_machine(),
    })
}

impl PerfEvent {
    fn sample(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: &CancellationToken,
    ) -> Result<Profile, ProfileError> {
        let sampling = Sampling {
            rate_hz: request.rate_hz,
            scope: self.scope,
            may_watch_machine: self.may_watch_machine,
        };
        let mut rings =
            Rings::open(&process_tree(&self.root), sampling).map_err(|error| self.refused(&error))?;
        let mut tally = Tally::default();
        let from = Instant::now();
        rings.enable(true);
        // After they are on: what is mapped from now on is told by the rings.
        tally.attach(&process_tree(&self.root));
        let has_ended = self.read_until(&mut rings, &mut tally, from + request.window, stop);
        rings.enable(false);
        let to = Instant::now();
        tally.take(rings.drain());
        tally.finish();
        if tally.kept == 0 {
            return Err(self.nothing_seen(has_ended, tally.lost));
        }
        let (frames, stacks) = name(&tally.stacks, &tally.binaries);
        let took_s = (to - from).as_secs_f64();
        let notes = [
            notes::cut_short(has_ended, took_s, request.window.as_secs_f64()),
            notes::shallow(tally.mean_user_depth()),
            notes::scope(self.scope),
            notes::threads(rings.watched_threads(), rings.refusal()),
            notes::unknown(&frames, &stacks),
        ];
        let since_start = |at: Instant| at.saturating_duration_since(started).as_secs_f64();
        Ok(Profile {
            profiler: Self::KIND,
            clock: ProfileClock::Cpu,
            rate_hz: f64::from(request.rate_hz),
            window: ProfileWindow { from_s: since_start(from), to_s: since_start(to) },
            samples: SampleCounts { expected: None, kept: tally.kept, lost: tally.lost },
            target_cpu_time_s: None,
            notes: notes.into_iter().flatten().collect(),
            frames,
            stacks,
        })
    }

    /// Reads the rings until it is time. Whether the target has ended before.
    fn read_until(
        &self,
        rings: &mut Rings,
        tally: &mut Tally,
        end: Instant,
        stop: &CancellationToken,
    ) -> bool {
        let mut looked = Instant::now();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || stop.is_cancelled() {
                return false;
            }
            std::thread::sleep(left.min(READ_EVERY));
            tally.take(rings.drain());
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                let processes = process_tree(&self.root);
                rings.find_new_threads(&processes);
                tally.attach(&processes);
            }
            if !is_alive(self.root.pid) && !tally.processes().any(is_alive) {
                return true;
            }
        }
    }

    fn refused(&self, error: &std::io::Error) -> ProfileError {
        if !is_alive(self.root.pid) {
            return ProfileError::TargetGone;
        }
        let denial = Permissions::towards(self.root.pid).explain(error);
        failed(format!("{}; {}", denial.why, denial.remedy))
    }

    fn nothing_seen(&self, has_ended: bool, lost: u64) -> ProfileError {
        if has_ended {
            return ProfileError::TargetGone;
        }
        ProfileError::NoSamples {
            why: if lost > 0 {
                format!(
                    "the target's process used no CPU in the window, or was among the {lost} samples that were lost"
                )
            } else {
                "the target's process used no CPU in the window".to_owned()
            },
        }
    }
}

fn failed(why: String) -> ProfileError {
    ProfileError::Failed { profiler: ProfilerKind::PerfEvent, why }
}

/// One table of frames, and the stacks by their places in it, the outermost first.
fn name(counted: &HashMap<Vec<Place>, u64>, binaries: &Binaries) -> (Vec<Frame>, Vec<Stack>) {
    let places: BTreeSet<Place> = counted.keys().flatten().copied().collect();
    let places: Vec<Place> = places.into_iter().collect();
    let named = frames_of(&places, binaries);
    let mut frames: Vec<Frame> = named.values().flatten().cloned().collect();
    frames.sort();
    frames.dedup();
    let place_of =
        |frame: &Frame| frames.binary_search(frame).ok().and_then(|place| u32::try_from(place).ok());
    let mut merged: HashMap<Vec<u32>, u64> = HashMap::new();
    for (stack, samples) in counted {
        let outermost_first = stack.iter().rev().filter_map(|place| named.get(place)).flatten();
        *merged.entry(outermost_first.filter_map(place_of).collect()).or_default() += samples;
    }
    let mut stacks: Vec<Stack> =
        merged.into_iter().map(|(frames, samples)| Stack { frames, samples }).collect();
    stacks
        .sort_by(|left, right| right.samples.cmp(&left.samples).then_with(|| left.frames.cmp(&right.frames)));
    (frames, stacks)
}
