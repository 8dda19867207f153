//! Everything that was measured, as it is saved.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::PeersError;
use crate::goals::{GoalResult, judge};
use crate::machine::Machine;
use crate::measurement::Measurement;
use crate::session::Entrant;
use crate::summary::{Summary, summarize};

/// Version of the saved format.
const FORMAT_VERSION: u32 = 1;

/// A whole comparison.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    format_version: u32,
    measured_at: DateTime<Utc>,
    /// Where.
    pub(crate) machine: Machine,
    /// How many rounds were asked for.
    pub(crate) rounds: u32,
    /// Seconds of full load in each measurement.
    pub(crate) seconds: u32,
    /// Who.
    pub(crate) peers: Vec<PeerRecord>,
    /// The medians.
    pub(crate) summaries: Vec<Summary>,
    /// What Aforo wants to reach.
    pub(crate) goals: Vec<GoalResult>,
    /// Every round.
    pub(crate) measurements: Vec<Measurement>,
}

/// A peer: its version, or why it took no part.
#[derive(Debug, Serialize)]
pub(crate) struct PeerRecord {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it says about its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Why it took no part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
}

impl Comparison {
    /// Sums up the measurements of `entrants` and judges the goals.
    pub(crate) fn new(
        machine: Machine,
        rounds: u32,
        seconds: u32,
        entrants: &[Entrant],
        measurements: Vec<Measurement>,
    ) -> Self {
        let peers = entrants.iter().map(|entrant| PeerRecord {
            name: entrant.peer.name,
            version: entrant.program.as_ref().ok().map(|program| program.version.clone()),
            skipped: entrant.program.as_ref().err().map(ToString::to_string),
        });
        let summaries = summarize(&measurements);
        Self {
            format_version: FORMAT_VERSION,
            measured_at: Utc::now(),
            machine,
            rounds,
            seconds,
            peers: peers.collect(),
            goals: judge(&summaries),
            summaries,
            measurements,
        }
    }

    /// Writes it as JSON.
    pub(crate) fn save(&self, path: &Path) -> Result<(), PeersError> {
        let failed = |source| PeersError::Save { path: path.to_owned(), source };
        let mut json = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        json.push('\n');
        fs::write(path, json).map_err(failed)
    }
}
