//! Child processes that end when their parent does.
//!
//! Linux signals a child when the *thread* that spawned it ends, not the process. Spawning on a thread of a pool would kill the
//! server when the pool retires that thread. So every server has a supervisor: one thread that spawns it and stays until the
//! server is gone. As only the supervisor reaps the child, the child's number cannot pass to another process while it is used.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How long a server may take over each signal before the next, harsher one.
const GRACE: Duration = Duration::from_secs(10);

/// How often the end of a server that was told to stop is looked for.
const POLL: Duration = Duration::from_millis(10);

/// A running server and the thread that watches over it.
#[derive(Debug)]
pub(crate) struct Supervised {
    pid: u32,
    requests: Sender<Request>,
    /// `None` once the server is gone.
    supervisor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Request {
    /// Has it ended by itself?
    ExitStatus(Sender<Option<ExitStatus>>),
    /// End it by these signals, each if the one before did not do within [`GRACE`].
    Stop(&'static [Signal]),
}

impl Supervised {
    /// Starts `command`. `on_parent_death` is what the kernel sends it if this process ends without stopping it (Linux only).
    pub(crate) fn spawn(mut command: Command, on_parent_death: Signal) -> io::Result<Self> {
        // A group of its own: Ctrl-C in a terminal goes to the caller, which decides when its servers stop.
        command.process_group(0);
        end_with_parent(&mut command, on_parent_death);
        let (started, start) = mpsc::channel();
        let (requests, inbox) = mpsc::channel();
        let supervisor = std::thread::Builder::new()
            .name("aforo-sandbox".to_owned())
            .spawn(move || supervise(command, &started, &inbox))?;
        let pid = start.recv().map_err(|_| io::Error::other("the supervising thread ended"))??;
        Ok(Self { pid, requests, supervisor: Some(supervisor) })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How the server ended, if it did.
    pub(crate) fn exit_status(&self) -> Option<ExitStatus> {
        let (reply, answer) = mpsc::channel();
        self.requests.send(Request::ExitStatus(reply)).ok()?;
        answer.recv().ok().flatten()
    }

    /// Ends the server by `signals`, each if the one before did not do within ten seconds. Blocks until it is gone.
    pub(crate) fn stop(&mut self, signals: &'static [Signal]) {
        if let Some(supervisor) = self.supervisor.take() {
            // Neither can fail while the supervisor lives, and if it does not live there is nothing to stop.
            let _ = self.requests.send(Request::Stop(signals));
            let _ = supervisor.join();
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop(&[Signal::SIGKILL]);
    }
}

/// Runs `command` to its end with `input` on its standard input. It dies with this process as a server does.
pub(crate) fn run(command: &mut Command, input: &str) -> io::Result<Output> {
    end_with_parent(command, Signal::SIGKILL);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ends without reading says why in its output and status.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

fn supervise(mut command: Command, started: &Sender<io::Result<u32>>, inbox: &Receiver<Request>) {
    let spawned = command.spawn();
    // The command holds the log file open; the child has its own handle.
    drop(command);
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    let _ = started.send(Ok(child.id()));
    let signals = loop {
        match inbox.recv() {
            Ok(Request::ExitStatus(reply)) => {
                let _ = reply.send(child.try_wait().ok().flatten());
            }
            Ok(Request::Stop(signals)) => break signals,
            Err(mpsc::RecvError) => break &[Signal::SIGKILL],
        }
    };
    end(&mut child, signals);
}

fn end(child: &mut Child, signals: &[Signal]) {
    for &signal in signals {
        if ended(child) {
            return;
        }
        // The child is ours and not reaped, so the number is its own; a signal to a process that just ended does nothing.
        let _ = kill(Pid::from_raw(child.id().cast_signed()), signal);
        let deadline = Instant::now() + GRACE;
        while !ended(child) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
    }
    if !ended(child) {
        tracing::warn!(pid = child.id(), "a throw-away server does not end, not even by SIGKILL");
    }
}

fn ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Has the kernel send `signal` to the child when the thread that spawns it ends. Elsewhere than on Linux nothing does that.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the only way to run code between fork and exec")]
fn end_with_parent(command: &mut Command, signal: Signal) {
    let parent = nix::unistd::getpid();
    let ask_the_kernel = move || {
        nix::sys::prctl::set_pdeathsig(signal)?;
        // The parent may have died before the kernel was asked; then nobody would ever send the signal.
        if nix::unistd::getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: the closure makes two system calls and allocates nothing, so it may run in the child of a threaded process. The
    // standard library runs it after the change of user, which would clear the request.
    unsafe { command.pre_exec(ask_the_kernel) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command, _signal: Signal) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error_and_leaves_no_thread() {
        let error = Supervised::spawn(Command::new("/nonexistent/server"), Signal::SIGKILL).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_way_a_child_ended_is_told() {
        let child = Supervised::spawn(shell("exit 3"), Signal::SIGKILL).unwrap();
        let status = loop {
            match child.exit_status() {
                Some(status) => break status,
                None => std::thread::yield_now(),
            }
        };
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_child_outlives_the_thread_that_asked_for_it() {
        let mut child =
            std::thread::spawn(|| Supervised::spawn(shell("exec sleep 600"), Signal::SIGKILL).unwrap())
                .join()
                .unwrap();
        assert_eq!(child.exit_status(), None);
        child.stop(&[Signal::SIGTERM]);
        assert_eq!(child.exit_status(), None, "it is gone, and nobody is left to ask");
    }

    #[test]
    fn a_child_that_is_dropped_is_gone() {
        let child = Supervised::spawn(shell("exec sleep 600"), Signal::SIGKILL).unwrap();
        let pid = Pid::from_raw(child.pid().cast_signed());
        assert_eq!(kill(pid, None), Ok(()));
        drop(child);
        assert_eq!(kill(pid, None), Err(nix::errno::Errno::ESRCH));
    }

    #[test]
    fn a_command_gets_its_input_and_gives_its_output() {
        let output = run(&mut shell("cat; exit 2"), "CREATE DATABASE").unwrap();
        assert_eq!(
            (output.stdout.as_slice(), output.status.code()),
            (b"CREATE DATABASE".as_slice(), Some(2))
        );
    }
}
