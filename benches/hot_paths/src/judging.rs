//! Judging a run.

use aforo_analyzers::{Evidence, Judgement, analyze, judge};
use aforo_model::{RunRecord, SloResult, read_run};

/// A run with thirteen steps, as the report tests use it.
pub(crate) fn canonical_run() -> RunRecord {
    read_run(include_str!("../../../reports/fixtures/met.json")).expect("the fixture is a run record")
}

/// A run to be judged.
pub struct JudgedRun {
    run: RunRecord,
}

impl Default for JudgedRun {
    /// Reads the run.
    fn default() -> Self {
        Self { run: canonical_run() }
    }
}

impl JudgedRun {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            scenario: &self.run.scenario,
            load: &self.run.load,
            resources: &self.run.resources,
            idle_after: &[],
            profile_windows: &[],
            profiles: &[],
            profiler_obstacles: &[],
            profile_failure: None,
            end: &self.run.end,
            environment: &self.run.environment,
        }
    }

    /// Evaluates the run's first objective: a P95 of one step.
    pub fn evaluate_objective(&self) -> SloResult {
        judge(&self.run.scenario.slos[0], &self.evidence())
    }

    /// Evaluates all its objectives and checks.
    pub fn judge(&self) -> Judgement {
        analyze(&self.evidence())
    }
}

#[cfg(test)]
mod tests {
    use aforo_model::{Indicator, Verdict};

    use super::*;

    #[test]
    fn the_objective_is_a_quantile_and_is_met() {
        let result = JudgedRun::default().evaluate_objective();
        assert_eq!(result.slo.expect.indicator, Indicator::Quantile(0.95));
        assert_eq!(result.verdict, Verdict::Met);
    }
}
