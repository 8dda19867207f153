//! One generator, one load: what it cost.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::Serialize;
use wait4::{ResUse, Wait4 as _};

use crate::case::Load;
use crate::error::MeasurementError;
use crate::peers::{Counts, Peer};
use crate::places::last_words;
use crate::server::Served;

/// What a generator may take beyond the load it was asked for: Goose builds thousands of clients first.
const GRACE_S: u64 = 120;
/// What `timeout` exits with when it ended the program, by the first signal or by the second.
const TIMED_OUT: [i32; 2] = [124, 137];

/// What a generator cost, from its start to its end.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Cost {
    /// CPU time outside the kernel, in seconds; its child processes included.
    pub(crate) cpu_user_s: f64,
    /// CPU time in the kernel, in seconds.
    pub(crate) cpu_system_s: f64,
    /// Most memory it held at once. The kernel counts from the fork on, so what is smaller than this harness
    /// (some 6 MB) reads as its size.
    pub(crate) peak_rss_bytes: u64,
    /// From start to end, in seconds.
    pub(crate) elapsed_s: f64,
    /// What it says it did.
    pub(crate) counts: Counts,
}

/// One generator in one case in one round.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// Counted from 1.
    pub(crate) round: u32,
    /// Virtual users, or connections.
    pub(crate) users: u32,
    /// The generator.
    pub(crate) peer: &'static str,
    /// What the server saw.
    pub(crate) served: Served,
    /// What it cost, or why that is not known.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// How a measurement came out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It ran to its end.
    Cost(Cost),
    /// It did not, or nobody can tell what it did.
    Error(String),
}

impl Measurement {
    /// The cost, if the measurement came off.
    pub(crate) fn cost(&self) -> Option<&Cost> {
        match &self.outcome {
            Outcome::Cost(cost) => Some(cost),
            Outcome::Error(_) => None,
        }
    }

    /// Why it gave no figures, if it gave none.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Cost(_) => None,
            Outcome::Error(error) => Some(error),
        }
    }

    /// CPU-seconds per million requests that the server answered.
    pub(crate) fn cpu_s_per_million(&self) -> Option<f64> {
        let cost = self.cost()?;
        let requests = self.served.requests as f64;
        (requests > 0.0).then(|| (cost.cpu_user_s + cost.cpu_system_s) * 1e6 / requests)
    }

    /// Requests per second, from the server's first answer to its last.
    pub(crate) fn requests_per_s(&self) -> Option<f64> {
        self.cost()?;
        (self.served.active_s > 0.0).then(|| self.served.requests as f64 / self.served.active_s)
    }

    /// Share of the time in which the server was at work; near 1 it was what limited the generator.
    pub(crate) fn server_busy(&self) -> Option<f64> {
        self.cost()?;
        (self.served.active_s > 0.0).then(|| self.served.cpu_s / self.served.active_s)
    }
}

/// Lets a generator make a load on a core, and takes what it cost.
pub(crate) fn generate(
    peer: &Peer,
    program: &Path,
    load: &Load,
    core: usize,
) -> Result<Cost, MeasurementError> {
    let folder = tempfile::tempdir()?;
    // Files, not pipes: nobody has to read along while time is measured.
    let (output, errors) = (folder.path().join("output"), folder.path().join("errors"));
    let limit_s = load.duration().as_secs() + GRACE_S;
    let arguments = (peer.arguments)(load, folder.path())?;
    let mut command = Command::new("timeout");
    command
        .args(["--foreground", "--kill-after=5", &limit_s.to_string()])
        .args(["taskset", "--cpu-list", &core.to_string()])
        .arg(program)
        .args(arguments)
        .envs(peer.environment.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(File::create(&output)?)
        .stderr(File::create(&errors)?);
    let started = Instant::now();
    let ResUse { status, rusage } = command.spawn()?.wait4()?;
    let elapsed_s = started.elapsed().as_secs_f64();

    match status.code() {
        Some(code) if peer.success.contains(&code) => {}
        Some(code) if TIMED_OUT.contains(&code) => return Err(MeasurementError::TimedOut { limit_s }),
        _ => {
            let said = String::from_utf8_lossy(&fs::read(&errors)?).into_owned();
            return Err(MeasurementError::Failed {
                status: status.to_string(),
                last_words: last_words(&said),
            });
        }
    }
    Ok(Cost {
        cpu_user_s: rusage.utime.as_secs_f64(),
        cpu_system_s: rusage.stime.as_secs_f64(),
        peak_rss_bytes: rusage.maxrss,
        elapsed_s,
        counts: (peer.counts)(&String::from_utf8_lossy(&fs::read(&output)?))?,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A measurement in which the server was active for a second.
    pub(crate) fn measured(
        peer: &'static str,
        users: u32,
        requests: u64,
        cpu_s: f64,
        rss: u64,
    ) -> Measurement {
        Measurement {
            round: 1,
            users,
            peer,
            served: Served { requests, connections: users.into(), active_s: 1.0, cpu_s: 0.5 },
            outcome: Outcome::Cost(Cost {
                cpu_user_s: cpu_s / 4.0,
                cpu_system_s: cpu_s * 3.0 / 4.0,
                peak_rss_bytes: rss,
                elapsed_s: 1.1,
                counts: Counts { requests, errors: 0 },
            }),
        }
    }

    #[test]
    fn cpu_is_user_and_system_time_over_what_the_server_answered() {
        let mut measurement = measured("wrk", 32, 250_000, 1.0, 0);
        assert_eq!(measurement.cpu_s_per_million(), Some(4.0));
        measurement.served.requests = 0;
        assert_eq!(measurement.cpu_s_per_million(), None);
    }

    #[test]
    fn a_failed_measurement_has_no_figures() {
        let measurement =
            Measurement { outcome: Outcome::Error("no".to_owned()), ..measured("wrk", 32, 250_000, 1.0, 0) };
        assert_eq!(measurement.cpu_s_per_million(), None);
        assert_eq!(measurement.requests_per_s(), None);
        assert_eq!(measurement.server_busy(), None);
    }
}
