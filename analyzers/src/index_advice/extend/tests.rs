use aforo_model::database::{Catalog, CostSource, IndexDefinition, TableFacts};

use crate::index_advice::cost::{PlanCost, WhatIf, WhatIfError};
use crate::index_advice::fixtures::{block_on, catalog, reservations, table};
use crate::index_advice::{IndexOptions, IndexWorkload, WorkloadStatement, advise_indexes};

/// A planner of which everything is known: each statement has its cost with each set of indexes.
struct Known<F>(F);

impl<F: Fn(usize, &[String]) -> f64> WhatIf for Known<F> {
    fn source(&self) -> CostSource {
        CostSource::Hypopg
    }

    async fn cost(
        &mut self,
        statement: usize,
        indexes: &[&IndexDefinition],
    ) -> Result<PlanCost, WhatIfError> {
        let named: Vec<String> = indexes.iter().map(ToString::to_string).collect();
        let cost = (self.0)(statement, &named);
        // It uses the one index that alone gives this cost.
        let used =
            (0..named.len()).filter(|place| (self.0)(statement, &[named[*place].clone()]) <= cost).take(1);
        let none = (self.0)(statement, &[]);
        Ok(PlanCost { cost, used: if cost < none { used.collect() } else { Vec::new() } })
    }
}

fn chosen(
    tables: &[TableFacts],
    texts: &[&str],
    budget_bytes: u64,
    cost: impl Fn(usize, &[String]) -> f64,
) -> Vec<String> {
    let catalog: Catalog = catalog(tables);
    let statements: Vec<WorkloadStatement> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| WorkloadStatement {
            fingerprint: number.to_string(),
            text: (*text).to_owned(),
            calls: 1.0,
            rows: 1.0,
        })
        .collect();
    let settings = std::collections::BTreeMap::new();
    let workload = IndexWorkload {
        catalog: &catalog,
        settings: &settings,
        search_path: &["public".to_owned()],
        counters_elapsed_s: None,
        table_writes: None,
        statements: &statements,
    };
    let options = IndexOptions { budget_bytes, ..IndexOptions::default() };
    let advice = block_on(advise_indexes(&workload, &mut Known(cost), &options)).unwrap();
    let total: u64 = advice.indexes.iter().map(|index| index.size_bytes).sum();
    assert!(total <= budget_bytes, "{total} of {budget_bytes}");
    advice.indexes.iter().map(|index| index.index.to_string()).collect()
}

const GIB: u64 = 1 << 30;

fn two() -> [TableFacts; 2] {
    [table("a", 1e6, &["x", "y"]), table("b", 1e6, &["x", "y"])]
}

const TEXTS: [&str; 2] = ["SELECT * FROM a WHERE x = $1", "SELECT * FROM b WHERE x = $1"];

#[test]
fn the_most_gain_per_byte_comes_first_and_the_budget_is_kept() {
    let cost = |statement: usize, indexes: &[String]| {
        let has = |name: &str| indexes.iter().any(|index| index == name);
        match statement {
            0 if has("a (x)") => 100.0,
            1 if has("b (x)") => 500.0,
            _ => 1000.0,
        }
    };
    assert_eq!(chosen(&two(), &TEXTS, GIB, cost), ["a (x)", "b (x)"]);
    // Each is 22 MB.
    assert_eq!(chosen(&two(), &TEXTS, 30 << 20, cost), ["a (x)"]);
    assert_eq!(chosen(&two(), &TEXTS, 1 << 20, cost), [""; 0]);
}

#[test]
fn a_gain_below_a_third_of_a_percent_is_none() {
    let with = |gain: f64| {
        move |statement: usize, indexes: &[String]| {
            if statement == 0 && indexes.iter().any(|index| index == "a (x)") {
                1000.0 - gain
            } else {
                1000.0
            }
        }
    };
    assert_eq!(chosen(&two(), &TEXTS, GIB, with(5.9)), [""; 0]);
    assert_eq!(chosen(&two(), &TEXTS, GIB, with(6.1)), ["a (x)"]);
}

#[test]
fn one_that_another_makes_superfluous_is_dropped() {
    // The small one is taken first for its bytes; the covering one then does all of it.
    let text = [
        "SELECT status, total_cents FROM reservations WHERE created_at > '2026-01-01' AND status = 'confirmed'",
    ];
    let cost = |_: usize, indexes: &[String]| {
        let has = |part: &str| indexes.iter().any(|index| index.contains(part));
        if has("(status, created_at) INCLUDE") {
            10.0
        } else if has("(created_at)") {
            500.0
        } else {
            1000.0
        }
    };
    let found = chosen(&[reservations(1e6)], &text, GIB, cost);
    assert_eq!(found, ["reservations (status, created_at) INCLUDE (total_cents)"]);
}

#[test]
fn what_cannot_be_planned_is_left_out() {
    let texts = ["SELECT * FROM a WHERE", "SELECT * FROM nowhere", "SELECT * FROM a WHERE x = $1"];
    let cost = |_: usize, indexes: &[String]| if indexes.is_empty() { 1000.0 } else { 1.0 };
    assert_eq!(chosen(&two(), &texts, GIB, cost), ["a (x)"]);
    assert_eq!(chosen(&two(), &[], GIB, cost), [""; 0]);
}
