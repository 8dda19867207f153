//! Whether runs differ.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::ProfileDiff;
use crate::{Answer, Interval, Subject, Verdict};

/// Version of the saved format. It rises with every change that an older reader would misread.
pub const COMPARISON_FORMAT_VERSION: u32 = 1;

/// One or several runs held against one or several earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunComparison {
    /// [`COMPARISON_FORMAT_VERSION`] of the Aforo that wrote it.
    pub format_version: u32,
    /// Version of Aforo.
    pub aforo_version: String,
    /// The runs that are held against, oldest first.
    pub before: Vec<ComparedRun>,
    /// The runs in question, oldest first.
    pub after: Vec<ComparedRun>,
    /// How it was judged.
    pub method: ComparisonMethod,
    /// A change up to this is none, relative: 0.05 is 5 %.
    pub tolerance_ratio: f64,
    /// What differs between the two sides besides what is judged, though they can be compared: versions, the machine, flaws.
    pub differences: Vec<Difference>,
    /// Every figure of every step, `total` first, then in the order of the scenario.
    pub figures: Vec<FigureComparison>,
    /// Statements that are executed by another plan.
    pub plan_changes: Vec<PlanChange>,
    /// Where the CPU time went more and less, per request; absent with its reason.
    pub profile: Answer<ProfileDiff>,
    /// The worst that was found.
    pub change: Change,
}

/// A run, as far as a comparison shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedRun {
    /// Its id.
    pub id: String,
    /// When its load began.
    pub started_at: DateTime<Utc>,
    /// Name of the target.
    pub target: String,
    /// What the target said of itself.
    pub description: Option<String>,
    /// Requests in its judged part.
    pub requests: u64,
    /// Its own verdict.
    pub verdict: Verdict,
}

/// How differences were judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ComparisonMethod {
    /// One run a side: seconds of each run were drawn again in blocks. What changes from run to run cannot be seen in one; it is
    /// allowed for.
    WithinRuns {
        /// Seconds of a block; 0 where the runs are too short to be cut.
        block_s: u32,
        /// How often they were drawn.
        resamples: u32,
        /// Standard deviation from run to run that is allowed for in the intervals, as a part of the figure, 0–1.
        run_to_run_ratio: f64,
    },
    /// Several runs a side: runs were exchanged between the sides.
    BetweenRuns {
        /// Exchanges that were tried; 0 where there are so few that a t test was made instead.
        permutations: u32,
        /// Whether these are all there are.
        is_exact: bool,
    },
}

/// One thing in which two runs differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What differs, such as `users at full load`.
    pub what: String,
    /// As it was before.
    pub before: String,
    /// As it was after.
    pub after: String,
}

/// What is compared of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedFigure {
    /// Median response time, µs.
    P50,
    /// 95th percentile of response time, µs.
    P95,
    /// 99th percentile of response time, µs.
    P99,
    /// Requests that met their expectation, per second.
    Throughput,
    /// Failed requests per request, 0–1.
    ErrorRate,
    /// CPU time of the target for a request, µs. Of all steps together only.
    CpuPerRequest,
    /// Execution time in Postgres for a request, µs. Of all steps together only.
    DatabaseTimePerRequest,
}

impl ComparedFigure {
    /// Every figure, in the order of a report.
    pub const EVERY: [Self; 7] = [
        Self::P50,
        Self::P95,
        Self::P99,
        Self::Throughput,
        Self::ErrorRate,
        Self::CpuPerRequest,
        Self::DatabaseTimePerRequest,
    ];

    /// What it is, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P50 => "P50",
            Self::P95 => "P95",
            Self::P99 => "P99",
            Self::Throughput => "throughput",
            Self::ErrorRate => "error rate",
            Self::CpuPerRequest => "CPU per request",
            Self::DatabaseTimePerRequest => "database time per request",
        }
    }

    /// Whether more of it is better.
    pub fn is_better_high(self) -> bool {
        self == Self::Throughput
    }

    /// Whether it decides what is said of the runs as a whole. The others follow from these or explain them, and are often too few or
    /// too coarse to stop a release for: P50 hides what hurts, P99 rests on few requests, CPU and database time are no user's.
    pub fn is_decisive(self) -> bool {
        matches!(self, Self::P95 | Self::Throughput | Self::ErrorRate)
    }

    /// Whether its effect is the difference of the two sides (in its unit), and not their ratio: a rate may be zero.
    pub fn is_difference(self) -> bool {
        self == Self::ErrorRate
    }
}

/// One figure of one step on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureComparison {
    /// The step, or all together.
    pub subject: Subject,
    /// Which figure.
    pub figure: ComparedFigure,
    /// Before, in the figure's unit: of one run, or the mean of several (of their logarithms, but for rates).
    pub before: Option<f64>,
    /// After.
    pub after: Option<f64>,
    /// After ÷ before; after − before where [`ComparedFigure::is_difference`]. Absent with its reason.
    pub effect: Answer<Interval>,
    /// Chance of an effect as large where there is none, 0–1, before it was adjusted for the number of figures.
    pub p_value: Option<f64>,
    /// The same adjusted (Holm over the steps of a figure; all steps together are a question of their own).
    pub adjusted_p_value: Option<f64>,
    /// What follows.
    pub change: Change,
}

/// What a comparison says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// It became worse, by more than is tolerated and more than chance explains.
    Regression,
    /// It became better by as much.
    Improvement,
    /// It did not change by more than is tolerated, which the interval shows.
    Equivalent,
    /// The runs do not tell.
    Inconclusive {
        /// What is missing, as a sentence without a full stop.
        why: String,
        /// Runs a side with which a change of the tolerated size would probably show; absent where more runs do not help.
        runs_needed: Option<u32>,
    },
}

/// A statement that is executed by another plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanChange {
    /// The statement's identity.
    pub fingerprint: String,
    /// Its text, where known.
    pub text: Option<String>,
    /// The plan's shape before: its nodes with their relations and indexes.
    pub before: String,
    /// After.
    pub after: String,
    /// Time of a call before, ms.
    pub mean_before_ms: f64,
    /// Time of a call after, ms.
    pub mean_after_ms: f64,
}
