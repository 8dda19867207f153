//! Costs without HypoPG: Postgres' own formulas for scans and sorts, on the planner's statistics, joins simplified. It needs to
//! be right in order, not in amount.

mod access;
mod constants;

use aforo_model::database::{CostSource, IndexDefinition};

use super::cost::{PlanCost, WhatIf, WhatIfError};
use super::relations::Relations;
use super::resolve::{Mention, Resolved};
use super::selectivity::filters_ratio;
use super::statements::resolve_all;
use super::workload::IndexWorkload;
use access::{Access, Path, Probe};
use constants::CostConstants;

/// What Postgres assumes a limit lets through that it does not know (`preprocess_limit`).
pub(crate) const LIMIT_RATIO: f64 = 0.1;

/// A planner of Aforo's own.
#[derive(Debug)]
pub struct StatisticsCost<'a> {
    relations: Relations<'a>,
    statements: Vec<Result<Resolved, String>>,
    constants: CostConstants,
}

impl<'a> StatisticsCost<'a> {
    /// For the statements of this workload.
    pub fn new(workload: &IndexWorkload<'a>) -> Self {
        let relations = Relations::of(workload.catalog);
        let statements = resolve_all(workload, &relations);
        Self { relations, statements, constants: CostConstants::of(workload.settings) }
    }

    /// The cost of one call.
    pub(crate) fn estimate(
        &self,
        statement: usize,
        indexes: &[&IndexDefinition],
    ) -> Result<PlanCost, WhatIfError> {
        let resolved =
            self.statements.get(statement).ok_or_else(|| WhatIfError::Statement("not known".to_owned()))?;
        let resolved = resolved.as_ref().map_err(|why| WhatIfError::Statement(why.clone()))?;
        let mut plan = PlanCost { cost: 0.0, used: Vec::new() };
        for place in 0..resolved.mentions.len() {
            let best = self.best_path(resolved, place, indexes);
            plan.cost += best.cost;
            plan.used.extend(best.index);
        }
        plan.used.sort_unstable();
        plan.used.dedup();
        Ok(plan)
    }

    fn best_path(&self, resolved: &Resolved, place: usize, indexes: &[&IndexDefinition]) -> Path {
        let mention = &resolved.mentions[place];
        let access =
            Access { relation: self.relations.get(mention.relation), mention, constants: &self.constants };
        let probes = self.probes(resolved, place);
        let mut paths = vec![access.sequential()];
        let existing = access.existing();
        let offered = existing.iter().map(|index| (None, index));
        for (position, index) in
            offered.chain(indexes.iter().enumerate().map(|(at, index)| (Some(at), *index)))
        {
            paths.extend(access.index(position, index, &Probe::alone()));
            paths.extend(probes.iter().filter_map(|probe| access.index(position, index, probe)));
        }
        let with_order = paths.into_iter().map(|path| self.ordered(&access, resolved, path));
        with_order.min_by(|one, other| one.cost.total_cmp(&other.cost)).unwrap_or(Path::free())
    }

    /// A nested loop: once for each row of another table, with its value of the join column.
    fn probes(&self, resolved: &Resolved, place: usize) -> Vec<Probe> {
        let joins = resolved.mentions[place].joins.iter();
        joins
            .filter_map(|join| {
                let outer: &Mention = resolved.mentions.get(join.other)?;
                let relation = self.relations.get(outer.relation);
                let filters: Vec<_> = outer.filters.iter().collect();
                let ratio = filters_ratio(|name| relation.column(name), &filters, relation.rows);
                Some(Probe { column: Some(join.column.clone()), loops: (relation.rows * ratio).max(1.0) })
            })
            .collect()
    }

    /// The path with the sort that it leaves to do, or cut short by the limit where there is none.
    fn ordered(&self, access: &Access<'_>, resolved: &Resolved, mut path: Path) -> Path {
        let wanted = if access.mention.order.is_empty() { &access.mention.groups } else { &Vec::new() };
        let is_sorted = path.is_ordered;
        if access.mention.order.is_empty() && wanted.is_empty() {
            return path;
        }
        if !is_sorted {
            path.cost += self.constants.sort(path.rows);
        } else if resolved.is_limited && !access.mention.order.is_empty() {
            path.cost *= LIMIT_RATIO;
        }
        path
    }
}

impl WhatIf for StatisticsCost<'_> {
    fn source(&self) -> CostSource {
        CostSource::Statistics
    }

    async fn cost(
        &mut self,
        statement: usize,
        indexes: &[&IndexDefinition],
    ) -> Result<PlanCost, WhatIfError> {
        self.estimate(statement, indexes)
    }
}

#[cfg(test)]
mod tests;
