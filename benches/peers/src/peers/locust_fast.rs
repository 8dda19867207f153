//! Locust with its fast client, in a virtual environment of its own.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::case::Load;
use crate::error::{Absent, OutputError};
use crate::peers::{Counts, Peer, words};
use crate::places::Places;

pub(super) const PEER: Peer = Peer {
    name: "locust_fast",
    program,
    version: &["--version"],
    arguments,
    environment: &[],
    success: &[0],
    counts,
};

/// A `FastHttpUser` that gets one page, without waiting.
const LOCUSTFILE: &str = include_str!("locust_fast.py");

fn program(places: &Places) -> Result<PathBuf, Absent> {
    places.find_or_install("locust", "needs python3 with venv, and the network", || {
        let folder = places.peers().join("venv");
        let mut create = Command::new("python3");
        create.args(["-m", "venv"]).arg(&folder);
        let mut install = Command::new(folder.join("bin/pip"));
        install.args(["install", "--quiet", "locust"]);
        vec![create, install]
    })
}

/// All users at once: Locust starts a second's worth in one go. Its run time includes the start. It puts paths
/// behind the host as they are, and its client refuses `//`.
fn arguments(load: &Load, folder: &Path) -> io::Result<Vec<OsString>> {
    let file = folder.join("locust_fast.py");
    std::fs::write(&file, LOCUSTFILE)?;
    let host = load.url.trim_end_matches('/');
    let duration = format!("{}s", load.duration().as_secs());
    Ok(words([
        &"--locustfile",
        &file.display(),
        &"--headless",
        &"--only-summary",
        &"--json",
        &"--users",
        &load.users,
        &"--spawn-rate",
        &load.users,
        &"--run-time",
        &duration,
        &"--host",
        &host,
        &"--exit-code-on-error",
        &0,
    ]))
}

fn counts(output: &str) -> Result<Counts, OutputError> {
    #[derive(Deserialize)]
    struct Entry {
        num_requests: u64,
        num_failures: u64,
    }
    let entries: Vec<Entry> = serde_json::from_str(output)?;
    if entries.is_empty() {
        return Err(OutputError::Missing { what: "entry" });
    }
    Ok(Counts {
        requests: entries.iter().map(|entry| entry.num_requests).sum(),
        errors: entries.iter().map(|entry| entry.num_failures).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_has_no_slash_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let load = Load { users: 4, seconds: 1, url: "http://127.0.0.1:65001/".to_owned() };
        let asked = arguments(&load, folder.path()).unwrap();
        assert!(asked.contains(&OsString::from("http://127.0.0.1:65001")), "{asked:?}");
    }

    #[test]
    fn the_statistics_have_the_count() {
        let counts = counts(include_str!("../../fixtures/locust_fast.json")).unwrap();
        assert_eq!(counts, Counts { requests: 1_357, errors: 0 });
    }
}
