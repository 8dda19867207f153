//! py-spy on Python processes that run for real.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use aforo_model::profile::{Frame, Profile, ProfileClock, ProfilerObstacle};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::PySpy;
use crate::cpu::profiler::Profiler;
use crate::cpu::{ProfileError, ProfileRequest, ProfiledTarget};

/// Squares are summed up in lines 3 to 5.
const BUSY: &str = "def hot(n):
    total = 0
    for i in range(n):
        total += i * i
        total %= 1000003
    return total

class Calendar:
    def price(self):
        while True:
            hot(10000)

print('ready', flush=True)
Calendar().price()
";

/// A Python program of a test's own. Gone with this value.
struct Program {
    child: Child,
    file: String,
    /// Held open: a program that is executed in its place says that it is ready, too.
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Program {
    fn start(code: &str) -> Self {
        Self::start_below(&["python3"], code)
    }

    /// Starts a program by this command, and waits until it says that it is ready.
    fn start_below(command: &[&str], code: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("program.py");
        std::fs::write(&file, code).unwrap();
        let mut command_line = Command::new(command[0]);
        command_line.args(&command[1..]).arg(&file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command_line.spawn().unwrap_or_else(|error| {
            panic!(
                "{} could not be started ({error}); these tests need it: install it with `make setup`",
                command[0]
            )
        });
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready", "python3 is needed for these tests: install it with `make setup`");
        Self { child, file: file.to_str().unwrap().to_owned(), _output: output, _folder: folder }
    }

    fn target(&self) -> ProfiledTarget {
        ProfiledTarget { pid: Some(self.child.id()), ..ProfiledTarget::default() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Programs with children watch their standard input, and end with it.
        drop(self.child.stdin.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn obstacle_of(target: &ProfiledTarget) -> ProfilerObstacle {
    match PySpy::probe(target).await {
        Ok(_) => panic!("py-spy takes {target:?}"),
        Err(obstacle) => obstacle,
    }
}

async fn profile(target: &ProfiledTarget, window: Duration) -> Result<Profile, ProfileError> {
    let spy = PySpy::probe(target).await.unwrap_or_else(|obstacle| panic!("{obstacle:?}"));
    spy.record(ProfileRequest { rate_hz: 100, window }, Instant::now(), CancellationToken::new()).await
}

/// The first profile in which there is what is asked for: while the machine pauses nothing is seen.
async fn profile_until(
    target: &ProfiledTarget,
    window: Duration,
    is_enough: impl Fn(&Profile) -> bool,
) -> Profile {
    let mut last = None;
    for _ in 0..10 {
        match profile(target, window).await {
            Ok(found) if is_enough(&found) => return found,
            other => last = Some(other),
        }
    }
    panic!("ten profiles of {window:?}, and in the last: {last:#?}")
}

/// Every stack with its samples, as names from the outermost caller.
fn named(profile: &Profile) -> Vec<(Vec<&str>, u64)> {
    let names = |stack| profile.frames_of(stack).map(|frame| frame.function.as_str()).collect();
    profile.stacks.iter().map(|stack| (names(stack), stack.samples)).collect()
}

fn sees(profile: &Profile, function: &str) -> bool {
    profile.frames.iter().any(|frame| frame.function == function)
}

fn innermost(profile: &Profile) -> impl Iterator<Item = (&Frame, u64)> {
    profile.stacks.iter().filter_map(|stack| Some((profile.frames_of(stack).next_back()?, stack.samples)))
}

#[tokio::test]
async fn functions_files_and_lines_of_a_busy_program_are_right() {
    let program = Program::start(BUSY);
    let profile =
        profile_until(&program.target(), Duration::from_secs(2), |found| found.samples.kept >= 20).await;
    assert_eq!(profile.clock, ProfileClock::WallNonIdle);
    let kept = profile.samples.kept;
    assert_eq!(profile.stacks.iter().map(|stack| stack.samples).sum::<u64>(), kept);
    // A busy machine makes ticks late; none may be unaccounted for.
    let ticks = profile.samples.expected.unwrap();
    assert!(ticks <= 210.0, "{:?} {:#?}", profile.samples, profile.notes);
    assert!((ticks - (kept + profile.samples.lost) as f64).abs() <= 0.5, "{:?}", profile.samples);

    let complete = ["<module>", "price", "hot"];
    let is_right = |names: &[&str]| {
        names.iter().zip(complete).all(|(name, right)| *name == right || *name == format!("Calendar.{right}"))
    };
    let right: u64 =
        named(&profile).iter().filter(|(names, _)| is_right(names)).map(|(_, samples)| samples).sum();
    assert!(right * 100 >= kept * 95, "{:#?}", named(&profile));
    let hot: u64 = innermost(&profile)
        .filter(|(frame, _)| frame.function == "hot")
        .filter(|(frame, _)| frame.file.as_ref() == Some(&program.file))
        .filter(|(frame, _)| matches!(frame.line, Some(2..=6)))
        .map(|(_, samples)| samples)
        .sum();
    assert!(hot * 100 >= kept * 90, "{:#?}", profile.frames);
}

#[tokio::test]
async fn a_program_that_waits_has_no_samples_and_that_is_said() {
    let program = Program::start("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n");
    let error = profile(&program.target(), Duration::from_millis(500)).await.unwrap_err();
    assert!(matches!(error, ProfileError::NoSamples { .. }), "{error}");
    assert!(error.to_string().contains("found every Python thread waiting"), "{error}");
}

#[tokio::test]
async fn python_is_found_below_a_process_that_is_none_and_after_another_was_executed() {
    let below =
        Program::start_below(&["sh", "-c", "python3 \"$0\"; exit"], &format!("{UNTIL_STDIN_ENDS}{BUSY}"));
    profile_until(&below.target(), Duration::from_secs(1), |found| sees(found, "hot")).await;
    let executed = Program::start_below(&["sh", "-c", "exec python3 \"$0\""], BUSY);
    profile_until(&executed.target(), Duration::from_secs(1), |found| sees(found, "hot")).await;
}

/// Ends a program with whoever started it.
const UNTIL_STDIN_ENDS: &str = "import os, sys, threading\nthreading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\n";

/// Forks while it is profiled. The worker ends when the parent's end of a pipe is closed.
const FORKS: &str = "
import os, time, threading
def worker():
    while True:
        sum(range(10000))
alive, ours = os.pipe()
print('ready', flush=True)
time.sleep(0.3)
if os.fork() == 0:
    os.close(ours)
    threading.Thread(target=lambda: (os.read(alive, 1), os._exit(0)), daemon=True).start()
    worker()
time.sleep(600)
";

#[tokio::test]
async fn a_process_that_is_forked_meanwhile_is_seen_too() {
    let program = Program::start(FORKS);
    let profile =
        profile_until(&program.target(), Duration::from_secs(3), |found| sees(found, "worker")).await;
    assert!(profile.notes.iter().any(|note| note.starts_with("2 Python processes")), "{:?}", profile.notes);
}

#[tokio::test]
async fn a_program_that_executes_another_meanwhile_is_followed() {
    let code = format!(
        "import os, sys, time\nif len(sys.argv) == 1:\n    print('ready', flush=True)\n    time.sleep(0.5)\n    \
         os.execv(sys.executable, [sys.executable, __file__, 'again'])\n{BUSY}"
    );
    let program = Program::start(&code);
    profile_until(&program.target(), Duration::from_secs(3), |found| sees(found, "hot")).await;
}

#[tokio::test]
async fn of_a_program_that_ends_meanwhile_the_profile_holds_what_was_seen() {
    let code = "import time
def last():
    end = time.process_time() + 1.5
    while time.process_time() < end:
        sum(range(10000))
print('ready', flush=True)
last()
";
    let program = Program::start(code);
    let asked = Instant::now();
    let profile = profile(&program.target(), Duration::from_secs(100)).await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(60), "it does not wait for what is gone");
    assert!(sees(&profile, "last"), "{:?}", profile.frames);
    assert!(profile.window.elapsed_s() < 60.0);
    assert!(profile.notes.iter().any(|note| note.contains("ended")), "{:?}", profile.notes);
}

#[tokio::test]
async fn a_target_that_ended_before_is_gone() {
    let mut program = Program::start(BUSY);
    let spy = PySpy::probe(&program.target()).await.ok().unwrap();
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let request = ProfileRequest { rate_hz: 100, window: Duration::from_secs(5) };
    let error = spy.record(request, Instant::now(), CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ProfileError::TargetGone), "{error}");
    let obstacle = obstacle_of(&program.target()).await;
    assert!(obstacle.why.contains("there is no process"), "{obstacle:?}");
}

#[tokio::test]
async fn an_order_to_stop_ends_a_profile_with_what_it_has() {
    let program = Program::start(BUSY);
    let spy = PySpy::probe(&program.target()).await.ok().unwrap();
    let stop = CancellationToken::new();
    let request = ProfileRequest { rate_hz: 100, window: Duration::from_secs(100) };
    let recording = spy.record(request, Instant::now(), stop.clone());
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    };
    let (profile, ()) = tokio::join!(recording, stopping);
    let profile = profile.unwrap();
    assert!(profile.window.elapsed_s() < 60.0 && profile.samples.kept > 0, "{profile:?}");
}

#[tokio::test]
async fn many_threads_are_read_and_only_those_that_run_are_counted() {
    let code = format!(
        "import threading\nquiet = threading.Event()\nfor _ in range(300):\n    threading.Thread(target=quiet.wait, daemon=True).start()\n{BUSY}"
    );
    let program = Program::start(&code);
    let profile = profile_until(&program.target(), Duration::from_secs(2), |found| sees(found, "hot")).await;
    let waiting: u64 = innermost(&profile)
        .filter(|(frame, _)| frame.file.as_ref().is_some_and(|file| file.ends_with("threading.py")))
        .map(|(_, samples)| samples)
        .sum();
    assert!(waiting * 10 <= profile.samples.kept, "{:#?}", named(&profile));
}

#[tokio::test]
async fn what_is_not_python_and_what_is_not_known_is_told_at_once() {
    let mut sleeper = Command::new("sleep").arg("600").spawn().unwrap();
    let asked = Instant::now();
    let target = ProfiledTarget { pid: Some(sleeper.id()), ..ProfiledTarget::default() };
    let obstacle = obstacle_of(&target).await;
    assert!(asked.elapsed() < Duration::from_secs(20));
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert!(obstacle.why.contains("sleep") && obstacle.why.contains("runs Python"), "{obstacle:?}");
    assert!(obstacle.remedy.contains("perf-event"), "{obstacle:?}");

    let obstacle = obstacle_of(&ProfiledTarget::default()).await;
    assert!(obstacle.remedy.contains("--pid"), "{obstacle:?}");
}

/// What the stranger below is to look at.
const SECRETIVE: &str = "AFORO_SECRETIVE_PID";

/// A process whose memory only the privileged may read, looked at without the privilege: as another user would be refused.
#[test]
fn a_process_that_may_not_be_read_is_an_obstacle_that_names_the_right() {
    let secretive = Program::start(
        "import ctypes, time\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nprint('ready', flush=True)\ntime.sleep(600)\n",
    );
    let mut stranger = Command::new("setpriv");
    if !nix::unistd::geteuid().is_root() {
        stranger = Command::new("env");
    } else {
        stranger.arg("--bounding-set=-sys_ptrace");
    }
    let said = stranger
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "cpu::py_spy::tests::stranger", "--ignored", "--nocapture"])
        .env(SECRETIVE, secretive.child.id().to_string())
        .output()
        .expect("setpriv of util-linux is needed to run this test as root");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("operation not permitted attaching to process"), "{said}");
    assert!(said.contains("CAP_SYS_PTRACE") && said.contains("ptrace_scope = 0"), "{said}");
}

#[tokio::test]
#[ignore = "run by the test above, without privileges"]
async fn stranger() {
    let Some(pid) = std::env::var(SECRETIVE).ok() else { return };
    let target = ProfiledTarget { pid: Some(pid.parse().unwrap()), ..ProfiledTarget::default() };
    println!("{:?}", obstacle_of(&target).await);
}
