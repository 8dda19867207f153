//! Whether a plan can be the one that a statement ran with.
//!
//! A generic plan is for parameters of any value. Where the application writes constants into its statements, Postgres plans
//! with them, and may use what a generic plan cannot: a partial index above all. `pg_stat_statements` shows both as `$n`, but it
//! counts blocks, and a plan that reads whole tables reads all their pages.

use aforo_model::database::{Catalog, Plan, PlanNode};

use super::find_table;

/// Blocks of the plan for each block measured, from which on it is not the plan that ran: a table may have grown since it was
/// last analysed, but hardly to twice its size unnoticed by autovacuum, which analyses after a tenth.
const FACTOR: f64 = 2.0;

/// Whether the calls of a statement touched far fewer blocks than this plan would have to: less than half of the pages of
/// the tables it reads from end to end.
pub fn is_contradicted(plan: &Plan, catalog: &Catalog, blocks_per_call: f64, rows_per_call: f64) -> bool {
    // With a row of each call, the outer side of every join above has had rows as well.
    let pages = pages_read(&plan.root, catalog, rows_per_call >= 1.0);
    pages > 0.0 && pages > FACTOR * blocks_per_call
}

/// Pages of the tables that are certainly read from end to end. Left out is what may not run or may stop early: sub-plans,
/// inner sides of joins (nothing is asked of them when the outer side is empty, unless `has_rows` says it is not),
/// partitions, what is below a limit.
fn pages_read(node: &PlanNode, catalog: &Catalog, has_rows: bool) -> f64 {
    if node.node_type == "Seq Scan" {
        return find_table(catalog, node).map_or(0.0, |table| table.pages as f64);
    }
    if matches!(node.node_type.as_str(), "Limit" | "Append" | "Merge Append" | "Merge Join") {
        // Below a limit only what must be read to the end before its first row comes out is certain.
        let blocking = node.plans.iter().filter(|child| node.node_type == "Limit" && is_blocking(child));
        return blocking.map(|child| pages_read(child, catalog, has_rows)).sum();
    }
    // An aggregate gives a row of nothing.
    let has_rows = has_rows && node.node_type != "Aggregate";
    let certain = |child: &&PlanNode| match child.parent_relationship.as_deref() {
        Some("Outer" | "Subquery") | None => true,
        Some("Inner") => has_rows,
        // What a `WITH` query writes is written to the end, whoever reads it.
        Some("InitPlan") => child.node_type == "ModifyTable",
        _ => false,
    };
    node.plans.iter().filter(certain).map(|child| pages_read(child, catalog, has_rows)).sum()
}

/// Whether a node gives nothing before it has seen everything.
fn is_blocking(node: &PlanNode) -> bool {
    matches!(node.node_type.as_str(), "Sort" | "Aggregate" | "Gather Merge" | "Hash")
        || node.plans.iter().any(|child| node.node_type == "Gather" && is_blocking(child))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::with_tables;

    fn node(node_type: &str, relationship: Option<&str>, plans: Vec<PlanNode>) -> PlanNode {
        PlanNode {
            node_type: node_type.to_owned(),
            parent_relationship: relationship.map(str::to_owned),
            plans,
            ..PlanNode::default()
        }
    }

    fn scan(relationship: Option<&str>) -> PlanNode {
        PlanNode {
            relation: Some("stays".to_owned()),
            schema: Some("public".to_owned()),
            ..node("Seq Scan", relationship, Vec::new())
        }
    }

    fn plan(root: PlanNode) -> Plan {
        Plan { root, ..Plan::default() }
    }

    /// 100 pages.
    fn catalog() -> Catalog {
        with_tables(&[("stays", 50_000.0)])
    }

    #[test]
    fn a_scan_of_all_pages_did_not_happen_when_a_few_blocks_were_touched() {
        let scanned = plan(node("Aggregate", None, vec![scan(Some("Outer"))]));
        assert!(is_contradicted(&scanned, &catalog(), 12.0, 0.0));
        assert!(!is_contradicted(&scanned, &catalog(), 50.0, 0.0), "the table may have grown");
        assert!(!is_contradicted(&scanned, &Catalog::default(), 12.0, 0.0), "nobody knows how large it is");
    }

    #[test]
    fn what_may_not_run_or_may_stop_early_says_nothing() {
        let limited = plan(node("Limit", None, vec![scan(Some("Outer"))]));
        assert!(!is_contradicted(&limited, &catalog(), 12.0, 0.0));
        let sorted = node("Sort", Some("Outer"), vec![scan(Some("Outer"))]);
        assert!(is_contradicted(&plan(node("Limit", None, vec![sorted])), &catalog(), 12.0, 0.0));
        for relationship in ["Inner", "SubPlan", "InitPlan", "Member"] {
            let inner = plan(node("Nested Loop", None, vec![scan(Some(relationship))]));
            assert!(!is_contradicted(&inner, &catalog(), 12.0, 0.0), "{relationship}");
        }
    }

    #[test]
    fn what_writes_runs_to_its_end_wherever_it_stands() {
        let update = node("ModifyTable", Some("InitPlan"), vec![scan(Some("Outer"))]);
        assert!(is_contradicted(&plan(node("Aggregate", None, vec![update])), &catalog(), 1.0, 0.0));
    }

    #[test]
    fn an_inner_side_was_read_where_the_join_gave_rows() {
        let inner = node("Hash", Some("Inner"), vec![scan(Some("Outer"))]);
        let joined = node("Hash Join", None, vec![inner]);
        assert!(is_contradicted(&plan(joined.clone()), &catalog(), 12.0, 20.0));
        assert!(!is_contradicted(&plan(joined.clone()), &catalog(), 12.0, 0.4), "most calls gave none");
        let counted = plan(node(
            "Aggregate",
            None,
            vec![PlanNode { parent_relationship: Some("Outer".to_owned()), ..joined }],
        ));
        assert!(!is_contradicted(&counted, &catalog(), 12.0, 1.0), "a count of nothing is a row");
    }
}
