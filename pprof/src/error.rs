//! Why bytes are not a profile.

use thiserror::Error;

/// Why bytes are not a profile of time. Each reads as a clause that can follow "the answer is no profile:".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PprofError {
    /// There was nothing.
    #[error("it is empty")]
    Empty,
    /// A page for people.
    #[error("it is an HTML page, which begins {begin:?}; most likely the URL leads to no profile")]
    Html {
        /// How it begins.
        begin: String,
    },
    /// JSON, as most APIs answer what they do not know.
    #[error("it is JSON, which begins {begin:?}; most likely the URL leads to no profile")]
    Json {
        /// How it begins.
        begin: String,
    },
    /// Any other text.
    #[error("it is text, which begins {begin:?}; most likely the URL leads to no profile")]
    Text {
        /// How it begins.
        begin: String,
    },
    /// More than is read.
    #[error("it has more than {limit} {what}; profile for fewer seconds")]
    TooLarge {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// It begins as gzip does and goes on otherwise, or ends too early.
    #[error("its gzip is damaged or cut short ({why})")]
    BadGzip {
        /// What the decompressor says.
        why: String,
    },
    /// It is no message of pprof, or one that contradicts itself.
    #[error("it is damaged or of another format ({why})")]
    Malformed {
        /// What is wrong with it.
        why: String,
    },
    /// A profile of something else, such as memory.
    #[error("it is a profile of {what}, not of CPU or wall time; ask for the CPU profile")]
    NotOfTime {
        /// The types of its values.
        what: String,
    },
}
