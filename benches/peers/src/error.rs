//! What can go wrong.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why nothing can be compared at all.
#[derive(Debug, Error)]
pub(crate) enum PeersError {
    /// Server and generator would share a core.
    #[error("{cores} core is not enough: the server and the generator each need one; use a machine with two")]
    TooFewCores {
        /// Cores this process may use.
        cores: usize,
    },
    /// The limit of open files could not be raised.
    #[error("cannot raise the limit of open files ({0}); raise it with `ulimit -n` and start again")]
    OpenFiles(#[source] nix::Error),
    /// The harness is not where cargo builds it.
    #[error("cannot tell where this program was built ({0}); start it with `make peers`")]
    Places(#[source] io::Error),
    /// A peer was asked for that nobody knows.
    #[error("there is no peer `{name}`; there are {known}")]
    UnknownPeer {
        /// What was asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// The server of the comparison.
    #[error(
        "the server of the comparison failed ({0}); build it with `cargo build --release -p aforo-peers --bins`"
    )]
    Server(#[source] io::Error),
    /// The results could not be kept.
    #[error("cannot write {}: {source}", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Why one measurement gave no figures. The comparison goes on without it.
#[derive(Debug, Error)]
pub(crate) enum MeasurementError {
    /// The generator could not be started, or its output not be read.
    #[error("cannot run it: {0}")]
    Run(#[from] io::Error),
    /// It did not end.
    #[error("did not end within {limit_s} s and was ended")]
    TimedOut {
        /// Seconds it was given.
        limit_s: u64,
    },
    /// It ended with a code that is no success for it.
    #[error("ended with {status}: {last_words}")]
    Failed {
        /// How it ended.
        status: String,
        /// The end of what it said.
        last_words: String,
    },
    /// What it printed is not what its version is known to print.
    #[error("its output was not understood: {0}")]
    Output(#[from] OutputError),
    /// It sent nothing.
    #[error("the server saw no request from it")]
    Idle,
}

/// Why a peer's output could not be read.
#[derive(Debug, Error)]
pub(crate) enum OutputError {
    /// It is not JSON where it should be.
    #[error("no JSON ({0})")]
    Json(#[from] serde_json::Error),
    /// The place of the count is empty.
    #[error("no {what} in it")]
    Missing {
        /// What was looked for.
        what: &'static str,
    },
}

/// Why a peer takes no part.
#[derive(Debug, Error)]
pub(crate) enum Absent {
    /// It is not here, and is not installed either.
    #[error("not found; {hint}")]
    NotFound {
        /// How to get it.
        hint: &'static str,
    },
    /// It was not asked for.
    #[error("not asked for")]
    NotAskedFor,
    /// Installing or building it failed.
    #[error("`{command}` failed: {why}")]
    Install {
        /// What was run.
        command: String,
        /// How it ended, with the end of what it said.
        why: String,
    },
}
