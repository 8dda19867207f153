//! py-spy as one of the profilers.

use std::thread;
use std::time::Instant;

use aforo_model::profile::{Profile, ProfilerKind, ProfilerObstacle};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::account::{Plan, profile_of};
use super::interpreter::{Interpreter, program};
use super::pressure;
use super::reader::{self, Order};
use super::rights::may_read_memory;
use super::sampling::sample;
use super::tree::{PythonProcess, Tree};
use crate::cpu::profiler::Profiler;
use crate::cpu::{ProfileError, ProfileRequest, ProfiledTarget};

/// Versions that py-spy 0.4.3 reads.
const VERSIONS: &str = "CPython 2.7 and 3.3 to 3.15";

/// A process tree with a Python process that may be read.
#[derive(Debug)]
pub(crate) struct PySpy {
    tree: Tree,
}

impl Profiler for PySpy {
    const KIND: ProfilerKind = ProfilerKind::PySpy;

    async fn probe(target: &ProfiledTarget) -> Result<Self, ProfilerObstacle> {
        let Some(pid) = target.pid else {
            return Err(obstacle(
                "the target's process is not known",
                "name it with --pid, when it runs on this machine",
            ));
        };
        // Reads and parses the interpreter's binary, which takes tens of milliseconds.
        let probed = tokio::task::spawn_blocking(move || probe_process(pid)).await;
        probed.unwrap_or_else(|_| {
            Err(obstacle(
                format!("py-spy panicked while it attached to process {pid}"),
                "profile it with perf-event, or run it with another version of Python",
            ))
        })
    }

    async fn record(
        self,
        request: ProfileRequest,
        started: Instant,
        stop: CancellationToken,
    ) -> Result<Profile, ProfileError> {
        // Whoever no longer waits for the profile ends it.
        let stop = stop.child_token();
        let _ends_with_this_call = stop.clone().drop_guard();
        let failed = |why: String| ProfileError::Failed {
            profiler: ProfilerKind::PySpy,
            why: format!("its thread {why}"),
        };
        let (tell, told) = oneshot::channel();
        let spawned = thread::Builder::new().name("py-spy".to_owned()).spawn(move || {
            // Nobody may wait any more.
            let _ = tell.send(record_tree(self.tree, request, started, stop));
        });
        spawned.map_err(|error| failed(format!("could not be started: {error}")))?;
        told.await.unwrap_or_else(|_| Err(failed("ended without a result".to_owned())))
    }
}

fn probe_process(pid: u32) -> Result<PySpy, ProfilerObstacle> {
    let gone = || obstacle(format!("there is no process {pid}"), "name the target's process with --pid");
    let mut tree = Tree::of(pid).ok_or_else(gone)?;
    let pythons = tree.pythons();
    if pythons.is_empty() {
        if !tree.lives(tree.root()) {
            return Err(gone());
        }
        let program = program(pid);
        let named = if program.is_empty() { String::new() } else { format!(" ({program})") };
        return Err(obstacle(
            format!("neither process {pid}{named} nor one below it runs Python"),
            "profile a native process with perf-event, or one that serves its own profile with pprof-http",
        ));
    }
    let mut obstacles = pythons.into_iter().map(may_read);
    // Workers may come and go: one that can be read is enough.
    let first = obstacles.next().unwrap_or(Ok(()));
    if first.is_ok() || obstacles.any(|other| other.is_ok()) {
        return Ok(PySpy { tree });
    }
    first.map(|()| PySpy { tree })
}

fn may_read(python: PythonProcess) -> Result<(), ProfilerObstacle> {
    let pid = python.id.pid;
    match python.interpreter {
        Interpreter::CPython => {}
        Interpreter::FreeThreaded => {
            return Err(obstacle(
                format!(
                    "process {pid} runs Python without the global interpreter lock, which py-spy cannot read"
                ),
                format!("run it with a usual build; py-spy reads {VERSIONS}"),
            ));
        }
        Interpreter::PyPy => {
            return Err(obstacle(
                format!("process {pid} runs PyPy, which py-spy cannot read"),
                format!("run it with CPython; py-spy reads {VERSIONS}"),
            ));
        }
    }
    may_read_memory(pid).map_err(|refusal| obstacle(refusal.why, refusal.remedy))?;
    let attached = reader::attach(python.id).map(drop);
    attached.map_err(|why| {
        obstacle(
            format!("process {pid} could not be read: {why}"),
            format!("py-spy reads {VERSIONS}; check its version"),
        )
    })
}

fn record_tree(
    mut tree: Tree,
    request: ProfileRequest,
    started: Instant,
    stop: CancellationToken,
) -> Result<Profile, ProfileError> {
    if !tree.lives(tree.root()) {
        return Err(ProfileError::TargetGone);
    }
    let is_halved = pressure::is_starved();
    let asked_hz = f64::from(request.rate_hz.max(1));
    let rate_hz = if is_halved { asked_hz / 2.0 } else { asked_hz };
    let begin = Instant::now();
    let plan = Plan { rate_hz, is_halved, window: request.window, from_s: (begin - started).as_secs_f64() };
    let sampled = sample(&mut tree, &Order { rate_hz, ends: begin + request.window, stop });
    profile_of(sampled, plan)
}

fn obstacle(why: impl Into<String>, remedy: impl Into<String>) -> ProfilerObstacle {
    ProfilerObstacle { profiler: ProfilerKind::PySpy, why: why.into(), remedy: remedy.into() }
}
