//! The state of a search: which indexes are chosen, and what the workload costs with them.

use super::candidates::{Candidate, CandidatePool};
use super::cost::{CostBook, WhatIf, WhatIfError, can_cost};
use super::relations::Relations;
use super::resolve::Resolved;
use super::workload::{IndexOptions, WorkloadStatement};
use super::write_cost::{planner_cost, written};

/// A statement that can be costed.
#[derive(Debug)]
pub(crate) struct Weighed<'s> {
    /// Its place in the workload.
    pub(crate) place: usize,
    pub(crate) statement: &'s WorkloadStatement,
    pub(crate) resolved: Resolved,
    /// Cost of one call as it is.
    pub(crate) base: f64,
    /// Cost of one call with every candidate: no set of them gives less.
    pub(crate) least: f64,
}

/// Everything a search looks at and changes.
pub(crate) struct Search<'s, 'w, W> {
    pub(crate) relations: &'s Relations<'s>,
    pub(crate) statements: Vec<Weighed<'s>>,
    pub(crate) pool: CandidatePool,
    pub(crate) book: CostBook<'w, W>,
    pub(crate) options: &'s IndexOptions,
    /// Places in the pool, in ascending order.
    pub(crate) chosen: Vec<usize>,
    /// Cost of the workload without any of the candidates.
    pub(crate) base: f64,
    /// By place in the pool: which statements a candidate may serve, and what its writes cost.
    serves: Vec<Vec<usize>>,
    write_costs: Vec<f64>,
}

impl<'s, 'w, W: WhatIf> Search<'s, 'w, W> {
    pub(crate) fn new(
        relations: &'s Relations<'s>,
        statements: Vec<Weighed<'s>>,
        book: CostBook<'w, W>,
        options: &'s IndexOptions,
    ) -> Self {
        let base = statements.iter().map(|each| each.statement.calls * each.base).sum();
        Self {
            relations,
            statements,
            pool: CandidatePool::default(),
            book,
            options,
            chosen: Vec::new(),
            base,
            serves: Vec::new(),
            write_costs: Vec::new(),
        }
    }

    /// Puts a candidate into the pool, and works out whom it concerns.
    pub(crate) fn offer(&mut self, candidate: Candidate) -> usize {
        let place = self.pool.insert(candidate);
        if place == self.serves.len() {
            let candidate = self.pool.get(place);
            let is_costable = can_cost(self.book.source(), candidate.definition.method);
            let serves = self.statements.iter().enumerate().filter(|(_, each)| {
                is_costable && each.resolved.mentions.iter().any(|mention| candidate.may_serve(mention))
            });
            let serves = serves.map(|(statement, _)| statement).collect();
            let relation = self.relations.get(candidate.relation);
            let all = self.statements.iter().map(|each| (each.statement, &each.resolved));
            let write_cost = planner_cost(relation, candidate, &written(relation, candidate, all));
            self.serves.push(serves);
            self.write_costs.push(write_cost);
        }
        place
    }

    /// Statements that the candidate may serve.
    pub(crate) fn served_by(&self, place: usize) -> &[usize] {
        &self.serves[place]
    }

    pub(crate) fn write_cost(&self, place: usize) -> f64 {
        self.write_costs[place]
    }

    pub(crate) fn size_of(&self, set: &[usize]) -> u64 {
        set.iter().map(|place| self.pool.get(*place).size_bytes).sum()
    }

    /// Those of the set that could matter to a statement.
    pub(crate) fn relevant(&self, statement: usize, set: &[usize]) -> Vec<usize> {
        set.iter().copied().filter(|place| self.serves[*place].binary_search(&statement).is_ok()).collect()
    }

    /// Cost of one call with a set of indexes.
    pub(crate) async fn cost_of(&mut self, statement: usize, set: &[usize]) -> Result<f64, WhatIfError> {
        let relevant = self.relevant(statement, set);
        let place = self.statements[statement].place;
        self.book.cost(place, &self.pool, &relevant).await
    }

    /// Cost of the workload with a set of indexes, their writes included.
    pub(crate) async fn total(&mut self, set: &[usize]) -> Result<f64, WhatIfError> {
        let mut total: f64 = set.iter().map(|place| self.write_costs[*place]).sum();
        for statement in 0..self.statements.len() {
            let calls = self.statements[statement].statement.calls;
            total += calls * self.cost_of(statement, set).await?;
        }
        Ok(total)
    }

    /// What the workload costs less when the chosen set becomes another: less for reading, more for writing. Gives up where it
    /// cannot reach `wanted` any more.
    pub(crate) async fn gain(&mut self, set: &[usize], wanted: f64) -> Result<Option<f64>, WhatIfError> {
        let differing: Vec<usize> = set
            .iter()
            .filter(|place| !self.chosen.contains(place))
            .chain(self.chosen.iter().filter(|place| !set.contains(place)))
            .copied()
            .collect();
        let mut concerned: Vec<usize> =
            differing.iter().flat_map(|place| self.serves[*place].iter().copied()).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let writes = |set: &[usize]| set.iter().map(|place| self.write_costs[*place]).sum::<f64>();
        let mut gain = writes(&self.chosen) - writes(set);
        let chosen = self.chosen.clone();
        let mut now = Vec::with_capacity(concerned.len());
        for statement in &concerned {
            now.push(self.cost_of(*statement, &chosen).await?);
        }
        let calls = |search: &Self, statement: usize| search.statements[statement].statement.calls;
        let mut possible: f64 = concerned
            .iter()
            .zip(&now)
            .map(|(statement, now)| {
                calls(self, *statement) * (now - self.statements[*statement].least).max(0.0)
            })
            .sum();
        for (statement, now) in concerned.iter().zip(now) {
            if gain + possible < wanted {
                return Ok(None);
            }
            possible -= calls(self, *statement) * (now - self.statements[*statement].least).max(0.0);
            gain += calls(self, *statement) * (now - self.cost_of(*statement, set).await?);
        }
        Ok(Some(gain))
    }
}
