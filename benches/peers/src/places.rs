//! Where programs are, and how missing ones get there.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Absent, PeersError};
use crate::options::Options;

/// How much of an installer's or a generator's last words an error shows.
const LAST_WORDS_CHARS: usize = 300;

/// Folders, and what may be done to them.
#[derive(Debug)]
pub(crate) struct Places {
    /// Cargo's target folder: this program runs from `<target>/<profile>/aforo-peers`.
    target: PathBuf,
    /// This program.
    own: PathBuf,
    may_install: bool,
    /// The Aforo that the user wants measured.
    pub(crate) given_aforo: Option<PathBuf>,
}

impl Places {
    /// Finds them from where this program is.
    pub(crate) fn new(options: &Options) -> Result<Self, PeersError> {
        let own = env::current_exe().map_err(PeersError::Places)?;
        let target = own.ancestors().nth(2).ok_or_else(|| {
            PeersError::Places(io::Error::new(io::ErrorKind::NotFound, "no target folder above it"))
        })?;
        Ok(Self {
            target: target.to_owned(),
            own: own.clone(),
            may_install: !options.no_install,
            given_aforo: options.aforo.clone(),
        })
    }

    /// The folder of what is installed for the comparison.
    pub(crate) fn peers(&self) -> PathBuf {
        self.target.join("peers")
    }

    /// The server of the comparison, built together with this program.
    pub(crate) fn server(&self) -> PathBuf {
        self.own.with_file_name("peers_server")
    }

    /// Where the comparison is saved.
    pub(crate) fn record_file(&self) -> PathBuf {
        self.target.join("peers.json")
    }

    /// A program that cargo built in this target folder.
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }

    /// A program of the system, of cargo's user, or of [`Self::peers`].
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = [self.peers().join("bin"), self.peers().join("venv/bin")]
            .into_iter()
            .chain(env::split_paths(&path))
            .chain(cargo_home.map(|home| home.join("bin")));
        folders.map(|folder| folder.join(name)).find(|program| program.is_file())
    }

    /// Finds a program, or installs it with `commands`, one after the other, and finds it then.
    pub(crate) fn find_or_install(
        &self,
        name: &str,
        hint: &'static str,
        commands: impl FnOnce() -> Vec<Command>,
    ) -> Result<PathBuf, Absent> {
        if let Some(program) = self.find(name) {
            return Ok(program);
        }
        if self.may_install {
            for mut command in commands() {
                run(&mut command)?;
            }
        }
        self.find(name).ok_or(Absent::NotFound { hint })
    }
}

/// Runs an installer or a compiler to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), Absent> {
    let words: Vec<_> = [command.get_program()].into_iter().chain(command.get_args()).collect();
    let shown = words.join(" ".as_ref()).to_string_lossy().into_owned();
    anstream::eprintln!("{shown}");
    let failed = |why| Absent::Install { command: shown.clone(), why };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!("{}: {}", output.status, last_words(&String::from_utf8_lossy(&output.stderr)))))
}

/// The end of what a program said, on one line.
pub(crate) fn last_words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth_back(LAST_WORDS_CHARS) {
        Some((start, _)) => format!("…{}", &line[start..]),
        None => line,
    }
}

/// What a program says about its version: the first two words of its output, whatever its exit code. What
/// follows is a copyright, or where it is installed.
pub(crate) fn version(program: &Path, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else { return "unknown".to_owned() };
    first_words(&String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
}

fn first_words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().take(2).collect();
    if words.is_empty() { "unknown".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_the_end_of_the_text_on_one_line() {
        assert_eq!(last_words(" a\n b\n"), "a b");
        let long = last_words(&"é".repeat(LAST_WORDS_CHARS + 50));
        assert_eq!(long.chars().count(), LAST_WORDS_CHARS + 2);
        assert!(long.starts_with('…'));
    }

    #[test]
    fn a_version_is_a_name_and_a_number() {
        assert_eq!(first_words("wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012"), "wrk debian/4.1.0-3+b2");
        assert_eq!(first_words("\n"), "unknown");
    }
}
