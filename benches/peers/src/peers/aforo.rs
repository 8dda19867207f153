//! Aforo itself: the built binary, a closed scenario, everything recorded and every answer checked.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::case::{Load, USERS_STARTED_PER_S};
use crate::error::{Absent, OutputError};
use crate::peers::{Counts, Peer, words};
use crate::places::{Places, run};

pub(super) const PEER: Peer = Peer {
    name: "aforo",
    program,
    version: &["--version"],
    arguments,
    environment: &[],
    // 1 and 3 are verdicts on the target; the run itself was a whole one.
    success: &[0, 1, 3],
    counts,
};

/// Users who ask again at once, and look at each answer. The load comes from the command line.
const SCENARIO: &str = include_str!("aforo.toml");

/// The binary as it is shipped; where that cannot be built, an ordinary release build.
fn program(places: &Places) -> Result<PathBuf, Absent> {
    if let Some(given) = &places.given_aforo {
        return Ok(given.clone());
    }
    let build = |profile| run(Command::new("cargo").args(["build", "--bin", "aforo", "--profile", profile]));
    build("dist").map(|()| places.built("dist", "aforo")).or_else(|failed| {
        anstream::eprintln!("{failed}");
        build("release").map(|()| places.built("release", "aforo"))
    })
}

fn arguments(load: &Load, folder: &Path) -> io::Result<Vec<OsString>> {
    let scenario = folder.join("peers.toml");
    std::fs::write(&scenario, SCENARIO)?;
    let duration = format!("{}ms", load.duration().as_millis());
    Ok(words([
        &"run",
        &scenario.display(),
        &"--target",
        &load.url,
        &"--users",
        &load.users,
        &"--rate",
        &USERS_STARTED_PER_S,
        &"--duration",
        &duration,
        &"--json",
        &"--concurrent",
        &"--runs-dir",
        &folder.join("runs").display(),
    ]))
}

fn counts(output: &str) -> Result<Counts, OutputError> {
    #[derive(Deserialize)]
    struct Run {
        load: RunLoad,
    }
    #[derive(Deserialize)]
    struct RunLoad {
        total: Total,
    }
    #[derive(Deserialize)]
    struct Total {
        requests: u64,
        errors: std::collections::BTreeMap<String, u64>,
    }
    let Total { requests, errors } = serde_json::from_str::<Run>(output)?.load.total;
    Ok(Counts { requests, errors: errors.values().sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_has_the_count() {
        let counts = counts(include_str!("../../fixtures/aforo.json")).unwrap();
        assert_eq!(counts, Counts { requests: 1_461, errors: 0 });
    }

    #[test]
    fn errors_of_every_kind_are_added_up() {
        let record = r#"{"load": {"total": {"requests": 9, "errors": {"timeout": 2, "connect": 1}}}}"#;
        assert_eq!(counts(record).unwrap(), Counts { requests: 9, errors: 3 });
    }
}
