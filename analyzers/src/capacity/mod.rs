//! How much load the target carries: what a load that rises level by level shows.

mod judged;
mod knee;
mod limits;
mod readings;
mod usl;

use aforo_model::{Answer, Capacity, CapacityLevel, CapacityRecord, Demand, LevelRecord, Verdict};

use crate::Evidence;
use judged::judge_level;
use readings::Readings;

/// Fewest levels, each higher than the one before, that make a load a search for the limit.
const MIN_LEVELS: usize = 3;

/// What the levels of a run show; `None` where its load does not rise level by level, or it saw none of them.
pub(crate) fn assess(evidence: &Evidence<'_>) -> Option<CapacityRecord> {
    let planned = evidence.scenario.load.levels();
    let rises = planned.windows(2).all(|pair| pair[0].demand.value() < pair[1].demand.value());
    if planned.len() < MIN_LEVELS || !rises || evidence.load.levels.is_empty() {
        return None;
    }
    let seen: Vec<SeenLevel<'_>> =
        evidence.load.levels.iter().map(|level| SeenLevel::of(level, evidence)).collect();
    let levels: Vec<CapacityLevel> = seen.iter().map(|level| level.shown(evidence)).collect();
    Some(CapacityRecord {
        capacity: capacity(&levels, planned.last().map(|level| level.demand)),
        knee: knee::find(&levels),
        first_limit: limits::first(&seen),
        usl: usl::fit(&usl::observations(&evidence.load.levels), usl::concurrency(evidence.scenario)),
        levels,
    })
}

/// A level with the readings that were taken during its settled part.
struct SeenLevel<'a> {
    level: &'a LevelRecord,
    readings: Readings<'a>,
}

impl<'a> SeenLevel<'a> {
    fn of(level: &'a LevelRecord, evidence: &Evidence<'a>) -> Self {
        Self { level, readings: Readings::during(level, evidence) }
    }

    fn shown(&self, evidence: &Evidence<'_>) -> CapacityLevel {
        let (verdict, missed) = judge_level(self, evidence.scenario);
        let total = &self.level.total;
        CapacityLevel {
            demand: self.level.demand,
            throughput_per_s: total.throughput_per_s,
            p95_us: total.response_time.p95_us,
            error_rate: total.error_rate,
            mean_users: self.level.mean_users,
            target_cpu_cores: self.readings.target_cores,
            postgres_cpu_cores: self.readings.postgres_cores,
            generator_cpu_cores: self.readings.generator_cores,
            host_cpu_ratio: self.readings.host_ratio,
            postgres_connections_peak: self.readings.connections_peak,
            lock_waiting_mean: self.readings.lock_waiting_mean,
            verdict,
            missed,
        }
    }
}

/// The highest level that met everything, below the first that missed something. A level above one that missed does
/// not count: chance let it pass, or the one below was disturbed.
fn capacity(levels: &[CapacityLevel], highest_planned: Option<Demand>) -> Answer<Capacity> {
    let first_missed = levels.iter().position(|level| level.verdict == Verdict::Violated);
    let below = &levels[..first_missed.unwrap_or(levels.len())];
    if let Some(level) = below.iter().rfind(|level| level.verdict == Verdict::Met) {
        return Answer::Found(Capacity {
            demand: level.demand,
            throughput_per_s: level.throughput_per_s,
            is_at_least: first_missed.is_none() && highest_planned == Some(level.demand),
        });
    }
    if let (Some(missed), true) = (first_missed.map(|at| &levels[at]), below.is_empty()) {
        let what = missed.missed.join(", ");
        return Answer::absent(format!("the lowest load already missed {what}; start with less"));
    }
    match below.first().map(|level| &level.verdict) {
        Some(Verdict::Inconclusive { why }) => Answer::absent(format!("no level could be judged: {why}")),
        _ => Answer::absent("no level was seen long enough"),
    }
}

#[cfg(test)]
pub(crate) mod tests;
