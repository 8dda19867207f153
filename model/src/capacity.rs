//! How much load a target carries, and what stops it from carrying more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Answer, Demand, Interval, StepRecord, Verdict};

/// What was seen while the load was constant: the settled part of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelRecord {
    /// What was asked for.
    pub demand: Demand,
    /// First second of the settled part, counted from the start of the run.
    pub from_s: u32,
    /// Second after its last one.
    pub to_s: u32,
    /// Virtual users on average.
    pub mean_users: f64,
    /// All steps together; its name is `total`.
    pub total: StepRecord,
    /// The steps that an objective or a red flag of the scenario asks about.
    pub steps: Vec<StepRecord>,
}

impl LevelRecord {
    /// Length of the settled part, seconds.
    pub fn span_s(&self) -> f64 {
        f64::from(self.to_s.saturating_sub(self.from_s))
    }
}

/// What a load that rises level by level shows of the target's limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRecord {
    /// Every level, the lowest first.
    pub levels: Vec<CapacityLevel>,
    /// The highest load that met every objective that can be asked of a level, with none missed below it.
    pub capacity: Answer<Capacity>,
    /// The load beyond which more load brings clearly less.
    pub knee: Answer<Knee>,
    /// The limit that was reached at the lowest load.
    pub first_limit: Answer<FirstLimit>,
    /// The Universal Scalability Law through the levels.
    pub usl: Answer<UslFit>,
}

/// One level as a report shows it. A figure that was not read is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityLevel {
    /// What was asked for.
    pub demand: Demand,
    /// Requests that met their expectation, per second.
    pub throughput_per_s: f64,
    /// 95th percentile of response time of all steps together, µs.
    pub p95_us: Option<u64>,
    /// Failed requests per request, 0–1.
    pub error_rate: Option<f64>,
    /// Virtual users on average.
    pub mean_users: f64,
    /// CPU of the target, in cores, on average.
    pub target_cpu_cores: Option<f64>,
    /// CPU of its Postgres, in cores, on average.
    pub postgres_cpu_cores: Option<f64>,
    /// CPU of Aforo itself, in cores, on average.
    pub generator_cpu_cores: Option<f64>,
    /// CPU of the machine over all cores, 0–1, on average.
    pub host_cpu_ratio: Option<f64>,
    /// Most client connections of Postgres at once.
    pub postgres_connections_peak: Option<u32>,
    /// Connections of Postgres that waited for a lock, on average.
    pub lock_waiting_mean: Option<f64>,
    /// Whether the objectives that can be asked of a level hold, and no red flag does.
    pub verdict: Verdict,
    /// The objectives that were missed and the red flags that were raised, as they are written in the scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
}

/// How much the target carries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// What was asked for.
    pub demand: Demand,
    /// Requests that met their expectation, per second.
    pub throughput_per_s: f64,
    /// Whether the highest level of the run met the objectives too, so that the target may carry more.
    pub is_at_least: bool,
}

/// Where throughput stops to follow the load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Knee {
    /// What was asked for there.
    pub demand: Demand,
    /// Requests that met their expectation there, per second.
    pub throughput_per_s: f64,
    /// Throughput that each unit of load beyond the knee brought, relative to what one brought up to it: 1 is
    /// as much, 0 is nothing, below 0 is less throughput than at the knee.
    pub gain_beyond_ratio: f64,
}

/// What may stop a target from carrying more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// CPU used by the target.
    TargetCpu,
    /// CPU used by its Postgres.
    PostgresCpu,
    /// Client connections of Postgres.
    PostgresConnections,
    /// Statements that wait for locks.
    LockWaits,
    /// Aforo itself.
    Generator,
}

/// A limit that was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirstLimit {
    /// Which one.
    pub limit: Limit,
    /// The lowest load at which it was reached.
    pub demand: Demand,
    /// What was seen there, as a sentence without a full stop.
    pub seen: String,
    /// Other limits reached at the same load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Limit>,
}

/// What the Universal Scalability Law takes as concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// Virtual users of a closed workload.
    Users,
    /// Requests in flight on average, by Little's law, in an open workload.
    RequestsInFlight,
}

/// The Universal Scalability Law (Gunther 1993), X(N) = λN / (1 + σ(N − 1) + κN(N − 1)), fitted to the levels.
/// It holds from `valid_from` to `valid_to` and says nothing beyond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UslFit {
    /// What N is.
    pub concurrency: Concurrency,
    /// Levels it rests on.
    pub level_count: u32,
    /// λ: throughput per second at N = 1.
    pub lambda_per_s: Interval,
    /// σ, contention: the part of the work that is done one after the other, 0 and above.
    pub sigma: Interval,
    /// κ, coherency: the price of every pair that must agree, 0 and above. Above 0, throughput falls in the end.
    pub kappa: Interval,
    /// N at which throughput is highest, N* = √((1 − σ)/κ), and that throughput.
    pub peak: Answer<UslPeak>,
    /// Share of the variance of throughput that the fit explains; 1 is all of it.
    pub r_squared: f64,
    /// Lowest N seen.
    pub valid_from: f64,
    /// Highest N seen.
    pub valid_to: f64,
}

/// Where the fitted law is highest. The range of N is cut to what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UslPeak {
    /// N*.
    pub concurrency: Interval,
    /// Throughput at N*, per second.
    pub throughput_per_s: Interval,
}
