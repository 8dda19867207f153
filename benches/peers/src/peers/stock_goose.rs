//! Goose as it comes: the multi-thread runtime, a reqwest client of its own for each user, the body read.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Load, USERS_STARTED_PER_S};
use crate::error::{Absent, OutputError};
use crate::peers::{Counts, Peer, words};
use crate::places::{Places, run};

pub(super) const PEER: Peer = Peer {
    name: "stock_goose",
    program,
    version: &["--version"],
    arguments,
    environment: &[],
    success: &[0],
    counts,
};

fn program(places: &Places) -> Result<PathBuf, Absent> {
    run(Command::new("cargo").args(["build", "--release", "-p", "aforo-peers", "--bin", "stock_goose"]))?;
    Ok(places.built("release", "stock_goose"))
}

/// Defaults, but for the pace of the start, the ports and prints nobody looks at, and the count: Goose would
/// forget what was sent before the last user had started. Its run time begins when all have.
fn arguments(load: &Load, _: &Path) -> io::Result<Vec<OsString>> {
    let seconds = format!("{}s", load.seconds);
    Ok(words([
        &"--host",
        &load.url,
        &"--users",
        &load.users,
        &"--increase-rate",
        &USERS_STARTED_PER_S,
        &"--run-time",
        &seconds,
        &"--no-telnet",
        &"--no-print-metrics",
        &"--no-reset-metrics",
        &"--quiet",
        &"--quiet",
    ]))
}

/// The last line is ours; Goose may have said something before.
fn counts(output: &str) -> Result<Counts, OutputError> {
    let line = output.lines().next_back().ok_or(OutputError::Missing { what: "last line" })?;
    Ok(serde_json::from_str(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_the_count() {
        let output = "All 8 users launched.\n\n{\"requests\":66200,\"errors\":0}\n";
        assert_eq!(counts(output).unwrap(), Counts { requests: 66_200, errors: 0 });
    }
}
