//! Starting a server and waiting until it is ready: what Postgres and Redis have in common.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::SandboxError;
use crate::account::Account;
use crate::process::Supervised;

/// How long a server may take to become ready. It takes a tenth of a second on an idle machine; this is for a swamped one.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// How often readiness is looked at.
const POLL: Duration = Duration::from_millis(10);

/// Lines of a log or an output that an error quotes.
const TAIL_LINES: usize = 15;

/// One server program, about to be started.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// `PostgreSQL` or `Redis`, for messages.
    pub server: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub account: &'a Account,
    /// Where it works and logs.
    pub folder: &'a Path,
    pub on_parent_death: Signal,
}

/// Why a server that was started is not ready.
#[derive(Debug)]
pub(crate) enum LaunchError {
    /// The port was taken before the server could: another one may do.
    PortTaken,
    /// Anything else, with the log of this attempt.
    Failed { error: SandboxError, log: String },
}

impl Launch<'_> {
    /// Starts the server and blocks until `ready` says so, the server ends, or a minute is over.
    pub(crate) fn until(self, ready: impl Fn(&Supervised) -> bool) -> Result<Supervised, LaunchError> {
        let log_path = self.folder.join("log");
        let mut process =
            self.spawn(&log_path).map_err(|error| LaunchError::Failed { error, log: String::new() })?;
        let deadline = Instant::now() + READY_LIMIT;
        let reason = loop {
            if ready(&process) {
                return Ok(process);
            }
            if let Some(status) = process.exit_status() {
                break format!("it ended with {status}");
            }
            if Instant::now() >= deadline {
                break format!("it was not ready after {} s", READY_LIMIT.as_secs());
            }
            std::thread::sleep(POLL);
        };
        process.stop(&[Signal::SIGKILL]);
        let log =
            fs::read(&log_path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        if log.contains("Address already in use") {
            return Err(LaunchError::PortTaken);
        }
        let error = SandboxError::NotReady { server: self.server, reason, log_tail: tail(&log) };
        Err(LaunchError::Failed { error, log })
    }

    fn spawn(&self, log_path: &Path) -> Result<Supervised, SandboxError> {
        let system = |source| SandboxError::System { action: "open the log of a server", source };
        let log = File::create(log_path).map_err(system)?;
        let mut command = command(&self.program, self.account, self.folder);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(system)?)
            .stderr(log);
        Supervised::spawn(command, self.on_parent_death)
            .map_err(|source| not_executable(&self.program, self.account, source))
    }
}

/// `program` as `account`, working in `folder`, speaking plain English.
pub(crate) fn command(program: &Path, account: &Account, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // The caller's folder may be closed to the account, and its language would hide what the messages are searched for.
    command.current_dir(folder).env("LC_ALL", "C");
    account.apply(&mut command);
    command
}

pub(crate) fn not_executable(program: &Path, account: &Account, source: io::Error) -> SandboxError {
    SandboxError::NotExecutable { program: program.to_owned(), account: account.name.clone(), source }
}

/// The last lines of `text`.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    fn launch(script: &str) -> Result<Supervised, LaunchError> {
        let account = Account::for_servers().unwrap();
        let folder = Folder::create(&account).unwrap();
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        let launch = Launch {
            server: "Shell",
            program: PathBuf::from("/bin/sh"),
            arguments,
            account: &account,
            folder: folder.path(),
            on_parent_death: Signal::SIGKILL,
        };
        launch.until(|_| false)
    }

    #[test]
    fn a_server_that_ends_is_an_error_that_quotes_the_log() {
        let Err(LaunchError::Failed { error, .. }) = launch("echo out of semaphores >&2; exit 7") else {
            panic!("it cannot have started");
        };
        let message = error.to_string();
        assert!(message.contains("Shell did not start: it ended with exit status: 7"), "{message}");
        assert!(message.ends_with("out of semaphores"), "{message}");
    }

    #[test]
    fn a_port_that_is_taken_is_told_from_other_failures() {
        let result = launch("echo 'bind: Address already in use'; exit 1");
        assert!(matches!(result, Err(LaunchError::PortTaken)));
    }

    #[test]
    fn the_tail_is_the_last_lines_without_blank_ones() {
        let text: String = (1..=40).map(|line| format!("line {line}\n\n")).collect();
        let tail = tail(&text);
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.starts_with("line 26\n") && tail.ends_with("line 40"));
        assert_eq!(super::tail(""), "");
    }
}
