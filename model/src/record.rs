//! The whole record of a run, as it is saved in `run.json`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::cache::CacheReport;
use crate::database::DatabaseReport;
use crate::profile::{ProfileRecord, ProfilerObstacle};
use crate::{
    Answer, CapacityRecord, DriftRecord, Finding, LeakRecord, LoadRecord, Recommendation, RecoveryRecord,
    ResourceSample, ResourceSummary, RunComparison, Scenario, SloResult, TrendRecord, Verdict,
};

/// Version of the saved format. It rises with every change that an older reader would misread.
pub const RUN_FORMAT_VERSION: u32 = 1;

/// One execution of a scenario against a target: all that was asked, seen and concluded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// [`RUN_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// `<UTC time>-<scenario>-<short id>`, also the name of its folder.
    pub id: String,
    /// When the load began.
    pub started_at: DateTime<Utc>,
    /// From the start of the load until it was drained, in seconds.
    pub elapsed_s: f64,
    /// How the run ended.
    pub end: RunEnd,
    /// The scenario as it was run, overrides included.
    pub scenario: Scenario,
    /// What was loaded.
    pub target: TargetRecord,
    /// Where and with what it was measured.
    pub environment: Environment,
    /// The load as it was.
    pub load: LoadRecord,
    /// The readings, in order.
    pub resources: Vec<ResourceSample>,
    /// What a report shows of the readings.
    pub resource_summary: ResourceSummary,
    /// What a load that rose level by level shows of the target's limits; absent for other loads.
    #[serde(default)]
    pub capacity: Option<CapacityRecord>,
    /// How the target got over a sudden rise of load; absent where there was none.
    #[serde(default)]
    pub recovery: Option<Answer<RecoveryRecord>>,
    /// What changed over a long time under the same load; absent for short runs.
    #[serde(default)]
    pub drift: Option<DriftRecord>,
    /// What grows without end, and what was looked at for it; empty for runs shorter than ten minutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaks: Vec<LeakRecord>,
    /// Where figures are heading; empty for runs shorter than ten minutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trends: Vec<TrendRecord>,
    /// Where the target's CPU time went in a part of the run; empty where it was not profiled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<ProfileRecord>,
    /// Why the target was not profiled, though that was wanted: what hinders each profiler.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiler_obstacles: Vec<ProfilerObstacle>,
    /// Why a profile that was begun came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_failure: Option<String>,
    /// The readings of an idle time after the load, in order, which tell a leak from memory in use; empty where nobody waited for one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle_resources: Vec<ResourceSample>,
    /// What the target's Postgres did; absent where it was not named or could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Box<DatabaseReport>>,
    /// What the target's Redis holds and does; absent where it was not named or could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Box<CacheReport>>,
    /// What has changed since the baseline that the run was held against; absent where none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Box<RunComparison>>,
    /// Every objective with its verdict.
    pub slos: Vec<SloResult>,
    /// What the checks concluded, most severe first.
    pub findings: Vec<Finding>,
    /// What to do about it, the most gain for the effort first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recommendations: Vec<Recommendation>,
    /// The verdict on the whole run.
    pub verdict: Verdict,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum RunEnd {
    /// It has not: the record was written at the start.
    Running,
    /// The whole duration passed.
    Completed,
    /// The user stopped it.
    Interrupted {
        /// Seconds since the start.
        at_s: f64,
    },
    /// Aforo ended it early: an objective marked `abort` was missed for certain, or a red flag was raised.
    Aborted {
        /// Seconds since the start.
        at_s: f64,
        /// What was seen, as a sentence without a full stop.
        why: String,
    },
    /// The target stopped answering for good.
    TargetDied {
        /// The second of the last answer, counted from the start.
        at_s: f64,
        /// What was seen.
        why: String,
    },
    /// Aforo itself could not go on.
    Failed {
        /// Seconds since the start.
        at_s: f64,
        /// What happened.
        why: String,
    },
    /// Aforo was killed; the record was restored from what had been saved.
    Killed {
        /// The last second that was saved.
        at_s: f64,
    },
}

impl RunEnd {
    /// Whether the run ended before its time, so that what it shows is only a part.
    pub fn is_cut_short(&self) -> bool {
        !matches!(self, Self::Completed)
    }
}

/// What was loaded. Passwords are masked before they get here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetRecord {
    /// Name given by the user, or `hotel` for the built-in one, or the host.
    pub name: String,
    /// Base URL.
    pub url: String,
    /// Its Postgres, with the password masked.
    pub database_url: Option<String>,
    /// Its Redis, with the password masked.
    pub redis_url: Option<String>,
    /// Its process, where known.
    pub pid: Option<u32>,
    /// What the target says of itself, such as the hotel's flaws.
    pub description: Option<String>,
}

/// Where and with what a run was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Version of Aforo.
    pub aforo_version: String,
    /// Whether Aforo was built without optimisation; such a generator measures itself.
    pub debug_build: bool,
    /// Operating system and its version.
    pub os: String,
    /// Processor model.
    pub cpu: String,
    /// Cores.
    pub core_count: u32,
    /// Memory.
    pub memory_bytes: u64,
    /// Version of the target's Postgres, where known.
    pub postgres_version: Option<String>,
    /// Version of the target's Redis, where known.
    pub redis_version: Option<String>,
    /// The page of the CI job that made the run, where GitHub or GitLab ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_job_url: Option<String>,
}

/// Why a saved run cannot be read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// A newer Aforo wrote it.
    #[error(
        "this run was written in format {found}, and this Aforo reads up to format {RUN_FORMAT_VERSION}; use a newer Aforo"
    )]
    Newer {
        /// The version it was written in.
        found: u64,
    },
    /// It ends in the middle.
    #[error(
        "this run record is cut short ({0}); Aforo never leaves half a record, so it was copied in part or its disk was full: copy the run's \
         folder again, or delete it and run again"
    )]
    CutShort(serde_json::Error),
    /// It is no run record.
    #[error("this is not a run record: {0}")]
    Malformed(serde_json::Error),
    /// It carries no format version.
    #[error("this is not a run record: it has no `format_version`")]
    Unversioned,
}

impl From<serde_json::Error> for FormatError {
    fn from(why: serde_json::Error) -> Self {
        if why.is_eof() { Self::CutShort(why) } else { Self::Malformed(why) }
    }
}

/// Reads a saved run.
///
/// # Errors
/// [`FormatError`] when a newer Aforo wrote it or it is no run record. The version is looked at first, so
/// that a newer record is named as such and not as broken.
pub fn read_run(json: &str) -> Result<RunRecord, FormatError> {
    let value: serde_json::Value = serde_json::from_str(json)?;
    let version =
        value.get("format_version").and_then(serde_json::Value::as_u64).ok_or(FormatError::Unversioned)?;
    if version > u64::from(RUN_FORMAT_VERSION) {
        return Err(FormatError::Newer { found: version });
    }
    Ok(serde_json::from_value(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_run_is_refused_by_its_version() {
        let error = read_run(r#"{"format_version": 999, "unheard_of": true}"#).unwrap_err();
        assert!(matches!(error, FormatError::Newer { found: 999 }), "{error}");
    }

    #[test]
    fn a_run_that_is_cut_short_says_so_and_what_to_do() {
        for cut in ["", "{", r#"{"format_version": 1, "id": "2026"#] {
            let error = read_run(cut).unwrap_err();
            assert!(matches!(error, FormatError::CutShort(_)), "{error}");
            assert!(error.to_string().contains("copy the run's folder again"), "{error}");
        }
    }

    #[test]
    fn what_is_no_run_is_called_that() {
        assert!(matches!(read_run("{}").unwrap_err(), FormatError::Unversioned));
        assert!(matches!(read_run(r#"{"format_version": 1}"#).unwrap_err(), FormatError::Malformed(_)));
        assert!(matches!(read_run("latency").unwrap_err(), FormatError::Malformed(_)));
    }
}
