//! A plan as nested lists of its nodes.

use aforo_model::Finding;
use aforo_model::database::{Plan, PlanFinding, PlanVisit};
use serde::Serialize;

use crate::figures;
use crate::plan_tree;

/// A plan, node after node, each before those below it.
#[derive(Serialize)]
pub(super) struct PlanView {
    /// How it was asked for.
    asked_for: &'static str,
    heading: Option<String>,
    notes: Vec<String>,
    nodes: Vec<Node>,
}

#[derive(Serialize)]
struct Node {
    title: String,
    figures: String,
    conditions: Vec<String>,
    /// Time in it alone, of the execution time, 0–1.
    share: Option<f64>,
    marks: Vec<Mark>,
    /// Whether a list of nodes below it follows.
    opens: bool,
    /// How many lists end with it.
    closes: usize,
}

#[derive(Serialize)]
struct Mark {
    severity: &'static str,
    code: String,
    message: String,
}

impl PlanView {
    pub(super) fn of(
        plan: &Plan,
        findings: &[&PlanFinding],
        asked_for: &'static str,
        notes: Vec<String>,
    ) -> Self {
        let visits = plan.visit();
        let depth_after = |place: usize| visits.get(place + 1).map_or(0, |next| next.path.len());
        let nodes = visits.iter().enumerate().map(|(place, visit)| node(visit, findings, depth_after(place)));
        Self { asked_for, heading: plan_tree::heading(plan), notes, nodes: nodes.collect() }
    }
}

fn node(visit: &PlanVisit<'_>, findings: &[&PlanFinding], depth_after: usize) -> Node {
    let mut lines = plan_tree::details(visit).into_iter().map(|(line, _)| line);
    let of_it = findings.iter().filter(|found| found.node == visit.path);
    Node {
        title: plan_tree::title(visit.node),
        figures: lines.next().unwrap_or_default(),
        conditions: lines.collect(),
        share: visit.self_ratio.filter(|ratio| ratio.is_finite()),
        marks: of_it.map(|found| mark(&found.finding)).collect(),
        opens: !visit.node.plans.is_empty(),
        closes: visit.path.len().saturating_sub(depth_after),
    }
}

fn mark(finding: &Finding) -> Mark {
    Mark {
        severity: figures::severity(finding.severity),
        code: finding.code.clone(),
        message: finding.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aforo_model::database::PlanNode;
    use proptest::prelude::*;

    fn tree(depth: u32) -> impl Strategy<Value = PlanNode> {
        let leaf = Just(PlanNode::default());
        leaf.prop_recursive(depth, 30, 4, |inner| {
            prop::collection::vec(inner, 0..4).prop_map(|plans| PlanNode { plans, ..PlanNode::default() })
        })
    }

    proptest! {
        #[test]
        fn as_many_lists_end_as_begin_whatever_the_plan(root in tree(6)) {
            let view = PlanView::of(&Plan { root, ..Plan::default() }, &[], "planned", Vec::new());
            let mut depth = 0;
            for node in &view.nodes {
                if node.opens {
                    prop_assert_eq!(node.closes, 0);
                    depth += 1;
                } else {
                    prop_assert!(node.closes <= depth);
                    depth -= node.closes;
                }
            }
            prop_assert_eq!(depth, 0);
        }
    }
}
