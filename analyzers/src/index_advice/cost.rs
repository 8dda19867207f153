//! What a statement would cost with indexes that do not exist, and a book of what was asked so that nothing is asked twice.

use aforo_model::database::{CostSource, IndexDefinition, IndexMethod};

use super::candidates::CandidatePool;

/// A planner that can be asked what if.
#[expect(
    async_fn_in_trait,
    reason = "a search asks one planner from one task; nobody needs the future to be Send"
)]
pub trait WhatIf {
    /// How it knows.
    fn source(&self) -> CostSource;

    /// The cost of one call of the statement at this place of the workload, were there these indexes beside those there are.
    ///
    /// # Errors
    /// [`WhatIfError::Statement`] if this statement cannot be planned, [`WhatIfError::Session`] if nothing can be asked any
    /// more.
    async fn cost(&mut self, statement: usize, indexes: &[&IndexDefinition])
    -> Result<PlanCost, WhatIfError>;
}

/// What the planner answered.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanCost {
    /// Total cost, in units of the planner.
    pub cost: f64,
    /// Which of the indexes asked about the plan uses, as places in that list.
    pub used: Vec<usize>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// This statement cannot be planned; others can.
    #[error("the statement cannot be planned: {0}")]
    Statement(String),
    /// Nothing can be asked any more.
    #[error("the planner cannot be asked any more: {0}")]
    Session(String),
}

/// Whether the planner can be asked about such an index. HypoPG knows no GiST: its authors cannot foretell size and selectivity.
pub(crate) fn can_cost(source: CostSource, method: IndexMethod) -> bool {
    source == CostSource::Statistics || method != IndexMethod::Gist
}

/// Answers so far.
pub(crate) struct CostBook<'w, W> {
    what_if: &'w mut W,
    answers: Vec<Vec<Answer>>,
    /// Plans asked for.
    pub(crate) calls: u64,
    max_calls: u64,
}

/// With indexes `asked`, the plan uses `used` of them.
#[derive(Debug, Clone)]
struct Answer {
    asked: Vec<usize>,
    used: Vec<usize>,
    cost: f64,
}

impl Answer {
    /// The planner took `used` out of all of `asked`; out of fewer that hold these, it takes the same.
    fn holds_for(&self, indexes: &[usize]) -> bool {
        is_subset(&self.used, indexes) && is_subset(indexes, &self.asked)
    }
}

impl<'w, W: WhatIf> CostBook<'w, W> {
    pub(crate) fn new(what_if: &'w mut W, statements: usize, max_calls: u64) -> Self {
        Self { what_if, answers: vec![Vec::new(); statements], calls: 0, max_calls }
    }

    pub(crate) fn source(&self) -> CostSource {
        self.what_if.source()
    }

    /// Whether no more plans may be asked for.
    pub(crate) fn is_used_up(&self) -> bool {
        self.calls >= self.max_calls
    }

    /// The cost of one call with these indexes of the pool, which must be in ascending order; without more calls, that of the
    /// most of them that is known.
    pub(crate) async fn cost(
        &mut self,
        statement: usize,
        pool: &CandidatePool,
        indexes: &[usize],
    ) -> Result<f64, WhatIfError> {
        if let Some(answer) = self.known(statement, indexes) {
            return Ok(answer.cost);
        }
        if self.is_used_up() {
            return Ok(self.least_known(statement, indexes));
        }
        self.calls += 1;
        let definitions: Vec<&IndexDefinition> =
            indexes.iter().map(|index| &pool.get(*index).definition).collect();
        let plan = self.what_if.cost(statement, &definitions).await?;
        let mut used: Vec<usize> =
            plan.used.iter().filter_map(|place| indexes.get(*place).copied()).collect();
        used.sort_unstable();
        used.dedup();
        let cost = if plan.cost.is_finite() { plan.cost.max(0.0) } else { f64::MAX };
        self.answers[statement].push(Answer { asked: indexes.to_vec(), used, cost });
        Ok(cost)
    }

    /// Which of these indexes the plan uses, where that was asked.
    pub(crate) fn used(&self, statement: usize, indexes: &[usize]) -> &[usize] {
        self.known(statement, indexes).map_or(&[], |answer| &answer.used)
    }

    fn known(&self, statement: usize, indexes: &[usize]) -> Option<&Answer> {
        self.answers[statement].iter().find(|answer| answer.holds_for(indexes))
    }

    fn least_known(&self, statement: usize, indexes: &[usize]) -> f64 {
        let possible = self.answers[statement].iter().filter(|answer| is_subset(&answer.used, indexes));
        possible.map(|answer| answer.cost).min_by(f64::total_cmp).unwrap_or(f64::MAX)
    }
}

/// Whether every element of the one is in the other; both are in ascending order.
fn is_subset(one: &[usize], other: &[usize]) -> bool {
    one.iter().all(|element| other.binary_search(element).is_ok())
}
