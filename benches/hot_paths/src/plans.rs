//! Reading plans.

use aforo_model::database::Plan;

/// Answers of a real Postgres to `EXPLAIN (FORMAT JSON)`: a join of many tables, a parallel sort, and one with compiled expressions.
const PLANS: [&str; 3] = [
    include_str!("../../../analyzers/fixtures/plans/planning-slower-than-execution-hit.json"),
    include_str!("../../../analyzers/fixtures/plans/sort-to-disk-parallel.json"),
    include_str!("../../../analyzers/fixtures/plans/jit-cost-near-miss.json"),
];

/// Three plans, 42 kB.
#[derive(Default)]
pub struct Plans;

impl Plans {
    /// Parses them.
    pub fn parse(&self) -> Vec<Plan> {
        PLANS.iter().map(|text| Plan::from_explain_json(text).expect("the fixture is a plan")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_has_nodes_below_its_root() {
        assert!(Plans.parse().iter().all(|plan| !plan.root.plans.is_empty()));
    }
}
