//! What is kept of the load in the run record.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ErrorKind, LevelRecord, TimeSummary};

/// The load as it was: figures over the judged part of the run (after warm-up), and the time line of all of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// Seconds of the run that are judged: those after warm-up, until the order to stop.
    pub judged_s: f64,
    /// Most virtual users at once.
    pub peak_users: u32,
    /// Virtual users on average over the judged part.
    pub mean_users: f64,
    /// Think time of all virtual users over the judged part, summed, seconds.
    pub think_time_s: f64,
    /// Requests cut off because they outlasted the grace time after the order to stop. They are counted nowhere else.
    #[serde(default)]
    pub aborted_requests: u32,
    /// How the schedule of an open workload was kept over the judged part; absent for a closed one.
    #[serde(default)]
    pub arrivals: Option<ArrivalRecord>,
    /// All steps together; its name is `total`.
    pub total: StepRecord,
    /// Every step of the scenario, in its order, also those that were never taken.
    pub steps: Vec<StepRecord>,
    /// Second by second.
    pub timeline: Timeline,
    /// The judged part in equal windows, for drift.
    pub windows: Vec<WindowRecord>,
    /// The settled parts in which the load was constant, where the load has several levels.
    #[serde(default)]
    pub levels: Vec<LevelRecord>,
}

impl LoadRecord {
    /// The record of one step.
    pub fn step(&self, name: &str) -> Option<&StepRecord> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// How the schedule of an open workload was kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivalRecord {
    /// Rounds of journeys that were due.
    pub scheduled: u64,
    /// Those that were started.
    pub started: u64,
    /// Those that never were, because no virtual user was free.
    pub dropped: u64,
    /// From the intended to the actual start of those that were started.
    pub start_delay: TimeSummary,
    /// Share of those started that began within 1 ms of when they should have, 0–1; absent without any.
    pub within_1ms_ratio: Option<f64>,
}

/// What one step did over the judged part of the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRecord {
    /// The step's name.
    pub name: String,
    /// Requests that ended, failed ones included.
    pub requests: u64,
    /// Requests that met their expectation, per second.
    pub throughput_per_s: f64,
    /// Failed requests per request, 0–1; absent without requests.
    pub error_rate: Option<f64>,
    /// Failed requests by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Answers by HTTP status.
    pub statuses: BTreeMap<u16, u64>,
    /// Some failures as they were seen, the most frequent first.
    pub error_examples: Vec<ErrorExample>,
    /// Body bytes received.
    pub received_bytes: u64,
    /// Service time of all requests, failed ones included, summed, seconds.
    pub busy_time_s: f64,
    /// From the intended start to the end of the body, of requests that met their expectation or timed out.
    pub response_time: TimeSummary,
    /// From the actual start to the end of the body, of the same requests.
    pub service_time: TimeSummary,
    /// Response time of the other failed requests.
    pub failed_response_time: TimeSummary,
    /// The same requests' response time from its smallest to its largest value, for a curve. Empty in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_time_curve: Vec<CurvePoint>,
}

/// A point of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Share of the requests that took no longer, 0–1.
    pub quantile: f64,
    /// How long, µs.
    pub time_us: u64,
}

impl StepRecord {
    /// Failed requests of every kind.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// A failure as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorExample {
    /// Its kind.
    pub kind: ErrorKind,
    /// What was seen, without secrets and cut to one line.
    pub message: String,
    /// How often among the failures that were kept; not a count of all failures.
    pub seen: u64,
}

/// The run second by second, as columns of equal length; index 0 is the first second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// Virtual users at the end of each second.
    pub users: Vec<u32>,
    /// Starts that an open workload dropped in each second. Empty for a closed one.
    #[serde(default)]
    pub dropped_starts: Vec<u64>,
    /// 95th percentile of response time of all steps together over the five seconds that end with each second, µs;
    /// absent where fewer than 20 requests were timed.
    #[serde(default)]
    pub rolling_p95_us: Vec<Option<u64>>,
    /// All steps together.
    pub total: Series,
    /// Each step, by name.
    pub steps: BTreeMap<String, Series>,
}

/// The columns of one step. Quantiles are absent for seconds without a judged request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Requests that ended, failed ones included.
    pub requests: Vec<u64>,
    /// Failed requests.
    pub errors: Vec<u64>,
    /// Median response time, µs.
    pub p50_us: Vec<Option<u64>>,
    /// 95th percentile of response time, µs.
    pub p95_us: Vec<Option<u64>>,
    /// 99th percentile of response time, µs.
    pub p99_us: Vec<Option<u64>>,
    /// 95th percentile of service time, µs. Empty in a closed workload, where it is that of response time.
    #[serde(default)]
    pub service_p95_us: Vec<Option<u64>>,
}

/// One of the equal parts into which the judged time is cut.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WindowRecord {
    /// First second of the window since the start of the run.
    pub from_s: u32,
    /// Second after its last one.
    pub to_s: u32,
    /// Response time of all steps together.
    pub total: TimeSummary,
    /// Response time of each step, by name.
    pub steps: BTreeMap<String, TimeSummary>,
}
