//! oha: the best-known generator in Rust; hyper, tokio.

use std::collections::BTreeMap;
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
    name: "oha",
    program,
    version: &["--version"],
    arguments,
    environment: &[],
    success: &[0],
    counts,
};

/// What oha calls requests that were under way when the time was over: no errors.
const CUT_OFF: &str = "aborted due to deadline";

fn program(places: &Places) -> Result<PathBuf, Absent> {
    places.find_or_install("oha", "`cargo install oha --locked`", || {
        let mut command = Command::new("cargo");
        command.args(["install", "oha", "--locked", "--root"]).arg(places.peers());
        vec![command]
    })
}

fn arguments(load: &Load, _: &Path) -> io::Result<Vec<OsString>> {
    let duration = format!("{}s", load.seconds);
    Ok(words([&"--no-tui", &"--output-format", &"json", &"-z", &duration, &"-c", &load.users, &load.url]))
}

fn counts(output: &str) -> Result<Counts, OutputError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Summary {
        status_code_distribution: BTreeMap<String, u64>,
        error_distribution: BTreeMap<String, u64>,
    }
    let summary: Summary = serde_json::from_str(output)?;
    let failed: u64 =
        summary.error_distribution.iter().filter(|(kind, _)| *kind != CUT_OFF).map(|(_, count)| count).sum();
    let bad = summary.status_code_distribution.iter().filter(|(status, _)| !status.starts_with('2'));
    let errors = failed + bad.map(|(_, count)| count).sum::<u64>();
    Ok(Counts { requests: summary.status_code_distribution.values().sum::<u64>() + failed, errors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_the_count() {
        let counts = counts(include_str!("../../fixtures/oha.json")).unwrap();
        assert_eq!(counts, Counts { requests: 119_505, errors: 0 });
    }

    #[test]
    fn failures_and_bad_answers_are_errors_and_cut_off_requests_are_not() {
        let output = r#"{
            "statusCodeDistribution": {"200": 10, "503": 2},
            "errorDistribution": {"aborted due to deadline": 32, "connection refused": 3}
        }"#;
        assert_eq!(counts(output).unwrap(), Counts { requests: 15, errors: 5 });
    }
}
