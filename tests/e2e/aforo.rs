//! Drives the binary.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A working directory of its own for one test, with the binary in it.
pub(crate) struct Workplace {
    folder: tempfile::TempDir,
}

/// What a command left behind.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the working directory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A command that sees nothing of the outer environment's Aforo settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aforo"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
        // Nor of the CI that runs this test.
        let is_foreign = |name: &str| name.starts_with("AFORO_") || name.starts_with("GITHUB_");
        for (name, _) in std::env::vars().filter(|(name, _)| is_foreign(name)) {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn aforo(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts a command and does not wait for it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The folder of the only run there is.
    pub(crate) fn run_folder(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.path().join("runs")).unwrap();
        let mut folders: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }

    /// The record of the only run there is.
    pub(crate) fn record(&self) -> Value {
        read_json(&self.run_folder().join("run.json"))
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Finished {
    /// Fails with all that was said unless the exit code is this one.
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// The error on one line: the frame and the line breaks of the terminal are left out.
    pub(crate) fn message(&self) -> String {
        let text: String =
            self.stderr.chars().map(|each| if "│╭╰─·×╮╯".contains(each) { ' ' } else { each }).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Waits until `condition` holds; fails after a minute, which is only ever reached by a fault.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "waited a minute until {what}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
