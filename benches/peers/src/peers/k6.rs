//! k6: the generator most teams have. Taken where it is found, never installed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::case::Load;
use crate::error::{Absent, OutputError};
use crate::peers::{Counts, Peer, words};
use crate::places::Places;

pub(super) const PEER: Peer = Peer {
    name: "k6",
    program,
    version: &["version"],
    arguments,
    // One core is what it has; without this Go would make a thread for each core of the machine.
    environment: &[("GOMAXPROCS", "1"), ("K6_NO_USAGE_REPORT", "true")],
    success: &[0],
    counts,
};

/// Asks for one page, and prints its counts as one line of JSON.
const SCRIPT: &str = include_str!("k6.js");

fn program(places: &Places) -> Result<PathBuf, Absent> {
    places.find("k6").ok_or(Absent::NotFound { hint: "put a `k6` binary into the PATH or target/peers/bin" })
}

fn arguments(load: &Load, folder: &Path) -> io::Result<Vec<OsString>> {
    let script = folder.join("k6.js");
    std::fs::write(&script, SCRIPT)?;
    let duration = format!("{}s", load.seconds);
    let url = format!("URL={}", load.url);
    Ok(words([
        &"run",
        &"--quiet",
        &"--vus",
        &load.users,
        &"--duration",
        &duration,
        &"--env",
        &url,
        &script.display(),
    ]))
}

/// The line that the script prints.
fn counts(output: &str) -> Result<Counts, OutputError> {
    let line = output
        .lines()
        .find(|line| line.starts_with("{\"requests\""))
        .ok_or(OutputError::Missing { what: "line of counts" })?;
    Ok(serde_json::from_str(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_has_the_count() {
        let output = "\nrunning\n{\"requests\":49511,\"errors\":1}\n";
        assert_eq!(counts(output).unwrap(), Counts { requests: 49_511, errors: 1 });
    }
}
