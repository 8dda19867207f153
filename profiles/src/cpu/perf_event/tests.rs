//! On real processes: this test program run again, a shell, and Python.
//!
//! Where the kernel does not let us sample, they say so and pass: what it refuses is held by the tests of the permissions.

use std::collections::HashMap;
use std::hint::black_box;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aforo_model::profile::{Frame, Profile, ProfileClock};
use tokio_util::sync::CancellationToken;

use super::PerfEvent;
use super::tasks::{Root, process_tree};
use crate::cpu::profiler::{ProfileError, ProfileRequest, ProfiledTarget, Profiler};

/// Set for a child, so that the test below does nothing when somebody runs it. Its value says what to do.
const MARK: &str = "AFORO_BUSY";

/// A process that is killed when this value is dropped, with all that it started.
struct Target(Child);

impl Target {
    /// This program, doing one thing.
    fn of_ours(what: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "cpu::perf_event::tests::busy", "--ignored", "--test-threads=1"])
            .env(MARK, what);
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().unwrap())
    }

    fn as_profiled(&self) -> ProfiledTarget {
        ProfiledTarget { pid: Some(self.0.id()), ..ProfiledTarget::default() }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let group = nix::unistd::Pid::from_raw(self.0.id().cast_signed());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).ok();
        self.0.wait().ok();
    }
}

#[inline(never)]
fn burn_in_a_named_function(steps: u64) -> u64 {
    (0..steps).fold(1_u64, |sum, step| black_box(sum.wrapping_mul(31).wrapping_add(step)))
}

#[inline(never)]
fn burn_in_another_function(steps: u64) -> u64 {
    (0..steps).fold(1_u64, |sum, step| black_box(sum.wrapping_mul(33).wrapping_add(step)))
}

/// Ends by itself, should its parent be gone.
fn burn_for(time: Duration) {
    repeat_for(time, burn_in_a_named_function);
}

fn repeat_for(time: Duration, burn: fn(u64) -> u64) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        black_box(burn(100_000));
    }
}

#[test]
#[ignore = "run by other tests as their child process"]
fn busy() {
    match std::env::var(MARK).as_deref() {
        Ok("burn") => burn_for(Duration::from_secs(60)),
        Ok("burn-elsewhere") => repeat_for(Duration::from_secs(60), burn_in_another_function),
        Ok("burn-briefly") => burn_for(Duration::from_millis(1500)),
        Ok("sleep") => std::thread::sleep(Duration::from_secs(60)),
        Ok("threads") => {
            // They come and go while they are watched.
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_secs(60) {
                let threads: Vec<_> =
                    (0..4).map(|_| std::thread::spawn(|| burn_for(Duration::from_millis(50)))).collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            }
        }
        _ => {}
    }
}

/// Nothing where the kernel does not let us.
async fn probed(target: &ProfiledTarget) -> Option<PerfEvent> {
    match PerfEvent::probe(target).await {
        Ok(profiler) => Some(profiler),
        Err(obstacle) => {
            assert!(!obstacle.why.is_empty() && !obstacle.remedy.is_empty());
            println!("not tested: {}", obstacle.why);
            None
        }
    }
}

fn request(window: Duration) -> ProfileRequest {
    ProfileRequest { rate_hz: 499, window }
}

/// A profile in the way that is taken here.
async fn recorded(target: &Target, window: Duration) -> Option<Profile> {
    let profiler = probed(&target.as_profiled()).await?;
    Some(recorded_by(profiler, window).await)
}

/// A profile in each way to watch that the kernel permits here.
async fn recorded_in_each_way(target: &ProfiledTarget, window: Duration) -> Vec<Profile> {
    let Some(profiler) = probed(target).await else { return Vec::new() };
    let mut by_thread = profiler.clone();
    by_thread.may_watch_machine = false;
    let by_machine = profiler.may_watch_machine.then_some(profiler);
    let mut profiles = Vec::new();
    for profiler in by_machine.into_iter().chain([by_thread]) {
        profiles.push(recorded_by(profiler, window).await);
    }
    profiles
}

async fn recorded_by(profiler: PerfEvent, window: Duration) -> Profile {
    profiler.record(request(window), Instant::now(), CancellationToken::new()).await.unwrap()
}

/// Samples by function, each once a stack.
fn totals(profile: &Profile) -> HashMap<String, u64> {
    let mut totals = HashMap::new();
    for stack in &profile.stacks {
        let functions: std::collections::BTreeSet<&str> =
            profile.frames_of(stack).map(|frame| frame.function.as_str()).collect();
        functions
            .into_iter()
            .for_each(|function| *totals.entry(function.to_owned()).or_default() += stack.samples);
    }
    totals
}

fn share(profile: &Profile, part_of_name: &str) -> f64 {
    let most = totals(profile)
        .into_iter()
        .filter(|(name, _)| name.contains(part_of_name))
        .map(|(_, samples)| samples)
        .max();
    most.unwrap_or(0) as f64 / profile.samples.kept as f64
}

#[tokio::test]
async fn the_function_that_burns_leads_with_its_file_and_line() {
    let target = Target::of_ours("burn");
    let Some(profile) = recorded(&target, Duration::from_secs(1)).await else { return };
    assert_eq!((profile.clock, profile.samples.expected), (ProfileClock::Cpu, None));
    assert!(share(&profile, "burn_in_a_named_function") > 0.5, "{:?}", totals(&profile));
    assert_eq!(profile.stacks.iter().map(|stack| stack.samples).sum::<u64>(), profile.samples.kept);
    let is_it = |frame: &&Frame| frame.function.ends_with("::burn_in_a_named_function");
    let frame = profile.frames.iter().find(is_it).unwrap();
    assert!(frame.file.as_deref().unwrap().ends_with("perf_event/tests.rs"), "{frame:?}");
    assert!(frame.line.is_some());
    assert!(!frame.function.contains("::h"), "a hash is left in {}", frame.function);
}

#[tokio::test]
async fn what_others_burn_at_the_same_time_is_not_counted() {
    let (target, _other) = (Target::of_ours("burn"), Target::of_ours("burn-elsewhere"));
    for profile in recorded_in_each_way(&target.as_profiled(), Duration::from_secs(1)).await {
        assert!(share(&profile, "burn_in_a_named_function") > 0.5, "{:?}", totals(&profile));
        assert_eq!(share(&profile, "burn_in_another_function"), 0.0, "{:?}", totals(&profile));
    }
}

#[tokio::test]
async fn a_busy_child_is_counted_and_one_that_is_something_else_is_not() {
    let mut command = Command::new("sh");
    let ours = "\"$0\" --exact cpu::perf_event::tests::busy --ignored --test-threads=1";
    command.args(["-c", &format!("{MARK}=burn {ours} & {MARK}=burn-elsewhere {ours} & wait")]);
    let target = Target::start(command.arg(std::env::current_exe().unwrap()));
    let root = Root { pid: target.0.id(), others: Vec::new() };
    let runs_elsewhere = |pid: &u32| {
        std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|set| {
            set.split(|byte| *byte == 0)
                .any(|variable| variable == format!("{MARK}=burn-elsewhere").as_bytes())
        })
    };
    let other = loop {
        if let Some(other) = process_tree(&root).into_iter().find(runs_elsewhere) {
            break other;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let profiled = ProfiledTarget { others: vec![other], ..target.as_profiled() };
    for profile in recorded_in_each_way(&profiled, Duration::from_secs(1)).await {
        assert!(share(&profile, "burn_in_a_named_function") > 0.5, "{:?}", totals(&profile));
        assert_eq!(share(&profile, "burn_in_another_function"), 0.0, "{:?}", totals(&profile));
    }
}

#[tokio::test]
async fn threads_that_start_later_are_seen_too() {
    let target = Target::of_ours("threads");
    let Some(profile) = recorded(&target, Duration::from_secs(1)).await else { return };
    assert!(share(&profile, "burn_in_a_named_function") > 0.5, "{:?}", totals(&profile));
}

#[tokio::test]
async fn a_target_that_ends_leaves_what_was_seen_of_it() {
    let mut target = Target::of_ours("burn-briefly");
    let Some(profiler) = probed(&target.as_profiled()).await else { return };
    let record = profiler.record(request(Duration::from_secs(60)), Instant::now(), CancellationToken::new());
    let profile = record.await.unwrap();
    target.0.wait().unwrap();
    assert!(profile.window.elapsed_s() < 55.0);
    assert!(share(&profile, "burn_in_a_named_function") > 0.5, "{:?}", totals(&profile));
    assert!(profile.notes.iter().any(|note| note.contains("ended after")), "{:?}", profile.notes);
}

#[tokio::test]
async fn what_a_shell_forks_and_executes_is_followed() {
    let mut command = Command::new("sh");
    command.args(["-c", "while :; do head -c 20000000 /dev/zero | od -An -v -tx1 > /dev/null; done"]);
    let target = Target::start(&mut command);
    for profile in recorded_in_each_way(&target.as_profiled(), Duration::from_secs(2)).await {
        // No symbols in most of its binaries, yet never an empty profile; and the tools have names of their own.
        let is_of_od = |file: &Option<String>| file.as_deref().is_some_and(|file| file.ends_with("/od"));
        assert!(profile.frames.iter().any(|frame| is_of_od(&frame.file)), "{:?}", profile.frames);
    }
}

#[tokio::test]
async fn python_without_any_preparation_shows_its_interpreter() {
    if Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_err() {
        return;
    }
    let mut command = Command::new("python3");
    command.args(["-c", "while True: sum(i * i for i in range(10000))"]);
    let target = Target::start(&mut command);
    let Some(profile) = recorded(&target, Duration::from_secs(1)).await else { return };
    assert!(profile.samples.kept > 0);
    assert!(profile.frames.iter().any(|frame| frame.file.is_some()));
}

#[tokio::test]
async fn a_process_that_sleeps_gives_no_profile_but_the_reason() {
    let target = Target::of_ours("sleep");
    let Some(profiler) = probed(&target.as_profiled()).await else { return };
    // Its start takes CPU: once it sleeps, there is none.
    let at_rest = || std::fs::read_to_string(format!("/proc/{}/wchan", target.0.id())).unwrap_or_default();
    while !at_rest().contains("nanosleep") && !at_rest().contains("futex") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let record =
        profiler.record(request(Duration::from_millis(300)), Instant::now(), CancellationToken::new());
    if let Err(error) = record.await {
        assert!(matches!(error, ProfileError::NoSamples { .. }), "{error}");
    }
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let target = Target::of_ours("burn");
    let Some(profiler) = probed(&target.as_profiled()).await else { return };
    let stop = CancellationToken::new();
    let record =
        tokio::spawn(profiler.record(request(Duration::from_secs(600)), Instant::now(), stop.clone()));
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.cancel();
    let profile = record.await.unwrap();
    assert!(profile.is_ok_and(|profile| profile.window.elapsed_s() < 300.0));
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_a_remedy() {
    let unknown = PerfEvent::probe(&ProfiledTarget::default()).await.unwrap_err();
    assert!(unknown.why.contains("not known"));
    // Above the kernel's highest pid, 2^22.
    let gone = ProfiledTarget { pid: Some(1 << 30), ..ProfiledTarget::default() };
    assert!(PerfEvent::probe(&gone).await.unwrap_err().why.contains("does not run"));
}
