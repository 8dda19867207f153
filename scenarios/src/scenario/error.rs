//! What can be wrong with a scenario, told all at once.

use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// Why a scenario cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ScenarioError {
    /// No scenario has this name.
    #[error("there is no scenario `{name}`")]
    #[diagnostic(help("{help}"))]
    Unknown {
        /// The name as it was asked for.
        name: String,
        /// Which scenarios there are and where the user's own are looked for.
        help: String,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    #[diagnostic(help("check the path; a scenario is a TOML file in UTF-8, named by its path or its name"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file was read and is not right.
    #[error("scenario `{name}` has {}", count(problems.len()))]
    Invalid {
        /// The scenario's name.
        name: String,
        /// Everything that is wrong with it.
        #[related]
        problems: Vec<Problem>,
    },
}

fn count(problems: usize) -> String {
    if problems == 1 { "a problem".to_owned() } else { format!("{problems} problems") }
}

/// One thing that is wrong in a file, with its place.
#[derive(Debug, Clone, Error, Diagnostic)]
#[error("{message}")]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// The file.
    #[source_code]
    pub file: NamedSource<Arc<str>>,
    /// The word that is wrong.
    #[label("{label}")]
    pub span: SourceSpan,
    /// What is said at that word.
    pub label: String,
    /// What would be right.
    #[help]
    pub help: Option<String>,
}
