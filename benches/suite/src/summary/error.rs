//! Why there is no summary.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::readme::ReadmeError;
use crate::results::ResultsError;

/// What stops the program.
#[derive(Debug, Error)]
pub(crate) enum SummaryError {
    /// There are no results.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// A file cannot be read.
    #[error("cannot read {} ({source}); name another with --readme", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {} ({source}); see that the folder is there and may be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The table has no place in the README.
    #[error("{} {source}", path.display())]
    Readme {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ReadmeError,
    },
}
