//! Statements executed with values of the planner's statistics, within a budget of time.

use std::time::{Duration, Instant};

use aforo_analyzers::ExplainCase;
use aforo_model::database::{ExplainOutcome, ExplainedStatement, NotExecuted, NotExecutedKind};
use aforo_profiles::{ExplainLimits, ExplainRequest, Explainer, ReadOnlyProof};

/// What executing statements may take of the server's time, all together.
const BUDGET: Duration = Duration::from_secs(20);
/// Runs that count, after one to warm up.
const RUNS: u32 = 3;
/// With less time than this for a run, nothing is begun.
const LEAST_RUN: Duration = Duration::from_millis(20);

/// The execution of statements, one after the other.
pub(super) struct Execution<'a> {
    explainer: &'a mut Explainer,
    budget: Duration,
}

/// What came of one statement.
#[derive(Debug)]
pub(super) struct Executed {
    /// The plans of the slowest draw of values and of the median one, which may be the same; none if nothing was executed.
    pub(super) plans: Vec<ExplainedStatement>,
    /// Why it, or one of the draws, was not executed.
    pub(super) refused: Option<NotExecuted>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(explainer: &'a mut Explainer) -> Self {
        Self::within(explainer, BUDGET)
    }

    pub(super) fn within(explainer: &'a mut Explainer, budget: Duration) -> Self {
        Self { explainer, budget }
    }

    /// Executes a statement with each draw of values, if it is proven to change nothing.
    pub(super) async fn run(&mut self, request: ExplainRequest<'_>, case: &ExplainCase) -> Executed {
        let proof = ReadOnlyProof::establish(request, |_| case.is_proven_read_only());
        let (draws, proof) = match (&case.draws, proof) {
            (Ok(draws), Some(proof)) => (draws, proof),
            (draws, _) => return Executed { plans: Vec::new(), refused: draws.clone().err() },
        };
        let mut executed = Vec::new();
        let mut refused = None;
        for values in draws {
            let Some(limits) = self.limits() else {
                refused = Some(out_of_time());
                break;
            };
            self.explainer.set_limits(limits);
            let began = Instant::now();
            let explained = self.explainer.analyzed(proof, values, RUNS).await;
            self.budget = self.budget.saturating_sub(began.elapsed());
            match &explained.outcome {
                ExplainOutcome::Planned(_) => executed.push(explained),
                ExplainOutcome::NotExplained(obstacle) => {
                    refused = Some(NotExecuted {
                        kind: NotExecutedKind::Refused,
                        why: format!("Postgres did not execute it to the end: {}", obstacle.why),
                    });
                }
            }
        }
        Executed { plans: slowest_and_median(executed), refused }
    }

    /// Plans a statement with its values, without executing it.
    pub(super) async fn plan(&mut self, request: ExplainRequest<'_>, case: &ExplainCase) -> Executed {
        let mut plans = Vec::new();
        for values in case.draws.iter().flatten() {
            let explained = self.explainer.with_values(request, values).await;
            if matches!(explained.outcome, ExplainOutcome::Planned(_)) {
                plans.push(explained);
            }
        }
        Executed { plans, refused: None }
    }

    /// What one run may take, so that all runs of a draw together stay within what is left. Nothing if that is too little.
    fn limits(&self) -> Option<ExplainLimits> {
        let limits = ExplainLimits::default();
        let a_run = self.budget / (RUNS + 1);
        let left_ms = u32::try_from(a_run.as_millis()).unwrap_or(u32::MAX);
        (a_run >= LEAST_RUN).then(|| ExplainLimits {
            statement_timeout_ms: limits.statement_timeout_ms.min(left_ms),
            ..limits
        })
    }
}

fn out_of_time() -> NotExecuted {
    NotExecuted {
        kind: NotExecutedKind::Budget,
        why: format!("the {} s for executing statements were used up", BUDGET.as_secs()),
    }
}

/// By execution time; of two the faster one is the median.
fn slowest_and_median(mut executed: Vec<ExplainedStatement>) -> Vec<ExplainedStatement> {
    let time_ms = |explained: &ExplainedStatement| match &explained.outcome {
        ExplainOutcome::Planned(plan) => plan.execution_time_ms.unwrap_or(0.0),
        ExplainOutcome::NotExplained(_) => 0.0,
    };
    executed.sort_by(|one, other| time_ms(other).total_cmp(&time_ms(one)));
    let median = executed.len() / 2;
    let mut kept = Vec::new();
    for (place, explained) in executed.into_iter().enumerate() {
        if place == 0 || place == median {
            kept.push(explained);
        }
    }
    kept
}
