//! What the exit code of Aforo says. These numbers are an interface: CI gates on them.

/// Every exit code there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Every SLO was met, and nothing got worse; or the command did what it was asked.
    Success = 0,
    /// An SLO was violated, or something got worse than it was.
    Violated = 1,
    /// Wrong usage or configuration. Also what clap exits with.
    Usage = 2,
    /// The evidence carries no verdict.
    Inconclusive = 3,
    /// The target or something in the environment is not available.
    Unavailable = 4,
    /// A bug in Aforo.
    Bug = 70,
    /// The user stopped it before there was anything to judge (128 + SIGINT).
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// Shown by `aforo --help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0   every SLO was met; compared: nothing got worse
  1   an SLO was violated, or a regression
  2   wrong usage or configuration
  3   inconclusive: the evidence carries no verdict
  4   the target or the environment is not available
  70  a bug in Aforo
  130 stopped before there was anything to judge";
