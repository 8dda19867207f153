//! What is kept of runs to look over many of them, and what that shows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, ErrorKind, Indicator, Load, Period, RecommendationKind, RunRecord, Severity, SloResult, Subject,
    TimeSummary, Unit, Verdict,
};

/// Version of the formats of a history and of a report over a period. It rises with every change that an older reader would
/// misread.
pub const HISTORY_FORMAT_VERSION: u32 = 1;

/// What a list shows of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEntry {
    /// The run's id.
    pub id: String,
    /// When the load began.
    pub started_at: DateTime<Utc>,
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the target.
    pub target: String,
    /// What the target said of itself, such as the hotel's flaws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long the load took, in seconds; absent where it has not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_s: Option<f64>,
    /// Most virtual users at once; absent where none was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_users: Option<u32>,
    /// The verdict on the whole run.
    pub verdict: Verdict,
    /// Whether it ended before its time.
    pub is_cut_short: bool,
    /// Requests of all steps in the judged part.
    pub requests: u64,
    /// 95th percentile of response time of all steps together, µs.
    pub p95_us: Option<u64>,
    /// Failed requests per request, 0–1.
    pub error_rate: Option<f64>,
}

impl From<&RunRecord> for RunEntry {
    fn from(record: &RunRecord) -> Self {
        let total = &record.load.total;
        Self {
            id: record.id.clone(),
            started_at: record.started_at,
            scenario: record.scenario.name.clone(),
            target: record.target.name.clone(),
            description: record.target.description.clone(),
            elapsed_s: (record.elapsed_s > 0.0).then_some(record.elapsed_s),
            peak_users: (record.load.peak_users > 0).then_some(record.load.peak_users),
            verdict: record.verdict.clone(),
            is_cut_short: record.end.is_cut_short(),
            requests: total.requests,
            p95_us: total.response_time.p95_us,
            error_rate: total.error_rate,
        }
    }
}

/// What reports over many runs need of one: a few kilobytes of a record of megabytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDigest {
    /// What a list shows of it.
    pub run: RunEntry,
    /// The load that was asked for.
    pub load: LoadIdentity,
    /// Seconds of the run that are judged.
    pub judged_s: f64,
    /// What spoils its figures, as a sentence without a full stop; absent where they can be put beside those of other runs.
    pub spoilt: Option<String>,
    /// Which parts of the target were read, so that what they show could be seen.
    pub looked_at: LookedAt,
    /// All steps together, then each one in the scenario's order.
    pub steps: Vec<StepDigest>,
    /// Every objective with its verdict.
    pub slos: Vec<SloResult>,
    /// Every finding.
    pub findings: Vec<FindingDigest>,
    /// Every recommendation.
    pub recommendations: Vec<RecommendationDigest>,
}

/// Which load a run was under. Figures of runs are put side by side only where all of it is equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadIdentity {
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the target.
    pub target: String,
    /// How much load, and for how long.
    pub load: Load,
    /// Whether Aforo was built without optimisation; such a generator measures itself.
    pub is_debug_build: bool,
    /// A hash (FNV-1a, 64 bits, in hexadecimal) of all of this, of what virtual users do and of how requests are sent.
    pub hash: String,
}

impl LoadIdentity {
    /// The load of a run.
    pub fn of(record: &RunRecord) -> Self {
        let scenario = &record.scenario;
        let is_debug_build = record.environment.debug_build;
        let names = (&scenario.name, &record.target.name, is_debug_build);
        let whole = (names, &scenario.load, &scenario.journeys, &scenario.feeders, &scenario.http);
        // These are plain data with texts as keys: there is nothing in them that JSON cannot hold.
        let json = serde_json::to_vec(&whole).unwrap_or_default();
        Self {
            scenario: scenario.name.clone(),
            target: record.target.name.clone(),
            load: scenario.load.clone(),
            is_debug_build,
            hash: format!("{:016x}", fnv_1a(&json)),
        }
    }
}

fn fnv_1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Parts of a target that a run may read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedAt {
    /// Its Postgres.
    pub database: bool,
    /// Its endpoints one by one, as N+1 is found.
    pub endpoints: bool,
    /// Its CPU profile.
    pub profile: bool,
    /// Its Redis.
    pub cache: bool,
}

/// One step in a [`RunDigest`], over the judged part of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepDigest {
    /// The step, or all together.
    pub subject: Subject,
    /// Requests that ended, failed ones included.
    pub requests: u64,
    /// Failed requests by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Requests that met their expectation, per second.
    pub throughput_per_s: f64,
    /// Response time of the requests that are judged.
    pub response_time: TimeSummary,
}

/// A finding in a [`RunDigest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingDigest {
    /// Code of the check.
    pub code: String,
    /// What it is about.
    pub subject: Subject,
    /// How much it matters.
    pub severity: Severity,
}

/// A recommendation in a [`RunDigest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecommendationDigest {
    /// The same in every run that advises the same.
    pub id: String,
    /// What kind of action it is.
    pub kind: RecommendationKind,
    /// The action on one line.
    pub title: String,
}

/// One indicator over many runs of the same load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureHistory {
    /// [`HISTORY_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// The load of all of its runs.
    pub load: LoadIdentity,
    /// What the target of all of its runs said of itself, such as the hotel's flaws; absent where it said nothing, or where runs are
    /// mixed in which it said different things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The step, or all together.
    pub subject: Subject,
    /// What was measured.
    pub indicator: Indicator,
    /// In which unit.
    pub unit: Unit,
    /// The runs, oldest first.
    pub points: Vec<HistoryPoint>,
    /// Where the level changed, or why that cannot be told.
    pub changes: Answer<Vec<HistoryChange>>,
    /// Runs that were asked for and are not among the points.
    pub left_out: Vec<LeftOut>,
}

/// A run in a [`FigureHistory`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPoint {
    /// The run's id.
    pub run: String,
    /// When its load began.
    pub started_at: DateTime<Utc>,
    /// What was measured.
    pub value: f64,
    /// The verdict on the whole run.
    pub verdict: Verdict,
}

/// A place in a history where the level of a figure changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryChange {
    /// The first run of the new level.
    pub run: String,
    /// When its load began.
    pub started_at: DateTime<Utc>,
    /// Median of the runs since the change before.
    pub before: f64,
    /// Median of the runs up to the next change.
    pub after: f64,
    /// How much more that is, by the level before: -0.2 is a fifth less. Absent where that was zero: nothing is a share of it.
    #[serde(default)]
    pub change_ratio: Option<f64>,
    /// Chance of such a change where there is none, 0–1.
    pub p_value: f64,
}

/// Runs that are not shown, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Why, as a part of a sentence.
    pub why: String,
    /// How many.
    pub runs: u64,
}

/// What the runs of a period show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeriodReport {
    /// [`HISTORY_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// The span of time. Times are UTC.
    pub period: Period,
    /// Its runs, oldest first.
    pub runs: Vec<RunEntry>,
    /// Verdicts on them.
    pub verdicts: VerdictCounts,
    /// Runs of the period that are not among them.
    pub left_out: Vec<LeftOut>,
    /// Runs of the same load together.
    pub loads: Vec<LoadAggregate>,
    /// Findings by code, the most severe first.
    pub findings: Vec<FindingSeen>,
}

/// How many judgements came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    /// Met.
    pub met: u64,
    /// Violated.
    pub violated: u64,
    /// Inconclusive.
    pub inconclusive: u64,
}

impl VerdictCounts {
    /// Counts one judgement.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Met => self.met += 1,
            Verdict::Violated => self.violated += 1,
            Verdict::Inconclusive { .. } => self.inconclusive += 1,
        }
    }

    /// Share of the judgements that could be made in which the objective was met, 0–1; absent where none could.
    pub fn compliance_ratio(&self) -> Option<f64> {
        let judged = self.met + self.violated;
        (judged > 0).then(|| self.met as f64 / judged as f64)
    }
}

/// What the runs of one load show together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadAggregate {
    /// The load.
    pub load: LoadIdentity,
    /// What the target of all of its runs said of itself, such as the hotel's flaws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its runs in the period.
    pub runs: u64,
    /// Those whose figures are in `steps`: complete, and with a measurement that is not in doubt.
    pub measured_runs: u64,
    /// Those of them whose histograms could be read, and are merged in `response_time` of the steps.
    pub merged_runs: u64,
    /// Verdicts on its runs.
    pub verdicts: VerdictCounts,
    /// What became of each objective.
    pub objectives: Vec<ObjectiveCompliance>,
    /// All steps together, then each one.
    pub steps: Vec<StepAggregate>,
    /// The run with the lowest P95 of all steps together.
    pub best: Option<HistoryPoint>,
    /// The run with the highest one, where there are two at least.
    pub worst: Option<HistoryPoint>,
    /// Recommendations, and whether the newest run still gives them.
    pub recommendations: Vec<RecommendationSeen>,
    /// Where P95 of all steps together changed its level within the period, by the runs up to its end; or why that cannot be told.
    pub changes: Answer<Vec<HistoryChange>>,
}

/// What became of one objective over many runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveCompliance {
    /// One of its results: that of the run that came worst.
    pub worst: SloResult,
    /// The run of that result.
    pub worst_run: String,
    /// Verdicts over the runs.
    pub verdicts: VerdictCounts,
    /// Share of the runs that could be judged in which it was met, 0–1; absent where none could.
    pub compliance_ratio: Option<f64>,
}

/// What one step did in many runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepAggregate {
    /// The step, or all together.
    pub subject: Subject,
    /// Requests that ended, failed ones included, summed.
    pub requests: u64,
    /// Failed ones, summed.
    pub error_count: u64,
    /// `error_count` per request, 0–1; absent without requests.
    pub error_rate: Option<f64>,
    /// Requests that met their expectation, per second of the judged parts.
    pub throughput_per_s: Option<f64>,
    /// Response time over the requests of all merged runs: their histograms are merged, and no quantile is averaged. Empty where no histogram could
    /// be read.
    pub response_time: TimeSummary,
    /// Lowest and highest P95 of a single run, µs.
    pub p95_range_us: Option<(u64, u64)>,
}

/// A code of findings over many runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingSeen {
    /// Code of the check.
    pub code: String,
    /// The most severe of them.
    pub severity: Severity,
    /// What they are about, each once.
    pub subjects: Vec<Subject>,
    /// Runs of the period that have it.
    pub runs: u64,
    /// The first run of the period that has it.
    pub first_run: String,
    /// When that began.
    pub first_seen_at: DateTime<Utc>,
    /// The last one.
    pub last_run: String,
    /// When that began.
    pub last_seen_at: DateTime<Utc>,
}

/// A recommendation over many runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecommendationSeen {
    /// The same in every run that advises the same.
    pub id: String,
    /// The action on one line.
    pub title: String,
    /// Runs of the period that give it.
    pub runs: u64,
    /// What became of it.
    pub course: RecommendationCourse,
}

/// What became of a recommendation in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RecommendationCourse {
    /// The runs before and the newest one give it.
    Stands,
    /// The newest run that looked gives it, and the run before this one did not.
    Appeared {
        /// The first run that does.
        run: String,
    },
    /// The newest run that looked where it comes from no longer gives it: it is no longer advised, for whatever reason.
    Disappeared {
        /// The first run that no longer does.
        run: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV draft (draft-eastlake-fnv).
        assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn compliance_counts_only_what_could_be_judged() {
        let counts = VerdictCounts { met: 3, violated: 1, inconclusive: 6 };
        assert_eq!(counts.compliance_ratio(), Some(0.75));
        assert_eq!(VerdictCounts { inconclusive: 6, ..VerdictCounts::default() }.compliance_ratio(), None);
    }
}
