//! The nodes of a plan with what follows from their place in it.

use super::{Plan, PlanNode};

/// One node of a plan, and what follows from its place.
#[derive(Debug, Clone)]
pub struct PlanVisit<'a> {
    /// The node.
    pub node: &'a PlanNode,
    /// The node above.
    pub parent: Option<&'a PlanNode>,
    /// The number of the child at each level below the root.
    pub path: Vec<usize>,
    /// Whether a node above may stop asking for rows before the last: a `LIMIT`, a semi-join, the end of a merge join.
    pub may_stop_early: bool,
    /// Processes that share its work: one, or the workers launched (planned, in a plan not executed) and the leader.
    pub processes: f64,
    /// By what the planner divided its rows among those processes (`get_parallel_divisor` in Postgres' `costsize.c`):
    /// the leader counts for less the more workers it has to serve.
    pub parallel_divisor: f64,
    /// Time on the clock with the nodes below, over all loops. Absent unless executed with timing.
    pub inclusive_ms: Option<f64>,
    /// Time on the clock in this node alone, over all loops. Sub-plans that run once (`InitPlan`) are not taken off: their
    /// time is spent where their result is first needed.
    pub self_ms: Option<f64>,
    /// `self_ms` as a share of the execution time, 0–1.
    pub self_ratio: Option<f64>,
}

/// What nodes inherit from those above.
#[derive(Clone, Copy)]
struct Inherited<'a> {
    parent: Option<&'a PlanNode>,
    may_stop_early: bool,
    processes: f64,
    parallel_divisor: f64,
}

impl Plan {
    /// Every node, each before those below it.
    pub fn visit(&self) -> Vec<PlanVisit<'_>> {
        let mut visits = Vec::new();
        let top = Inherited { parent: None, may_stop_early: false, processes: 1.0, parallel_divisor: 1.0 };
        visit(&self.root, Vec::new(), top, self.total_ms(), &mut visits);
        visits
    }

    /// What shares of time are shares of.
    fn total_ms(&self) -> Option<f64> {
        self.execution_time_ms.or(self.root.actual_total_time_ms).filter(|total_ms| *total_ms > 0.0)
    }
}

fn visit<'a>(
    node: &'a PlanNode,
    path: Vec<usize>,
    inherited: Inherited<'a>,
    total_ms: Option<f64>,
    visits: &mut Vec<PlanVisit<'a>>,
) {
    let below = below(node, inherited);
    let inclusive_ms = clock_ms(node, inherited.processes);
    let children_ms: f64 = node
        .plans
        .iter()
        .filter(|child| child.parent_relationship.as_deref() != Some("InitPlan"))
        .filter_map(|child| clock_ms(child, below.processes))
        .sum();
    let self_ms = inclusive_ms.map(|inclusive_ms| (inclusive_ms - children_ms).max(0.0));
    visits.push(PlanVisit {
        node,
        parent: inherited.parent,
        path: path.clone(),
        may_stop_early: inherited.may_stop_early,
        processes: inherited.processes,
        parallel_divisor: inherited.parallel_divisor,
        inclusive_ms,
        self_ms,
        self_ratio: self_ms.zip(total_ms).map(|(self_ms, total_ms)| (self_ms / total_ms).min(1.0)),
    });
    for (number, child) in node.plans.iter().enumerate() {
        let mut path = path.clone();
        path.push(number);
        let may_stop_early = below.may_stop_early || stops_child_early(node, child);
        visit(child, path, Inherited { may_stop_early, ..below }, total_ms, visits);
    }
}

/// Time on the clock over all loops. Loops of several processes run side by side; what is done once is done by one of them.
fn clock_ms(node: &PlanNode, processes: f64) -> Option<f64> {
    let loops = node.actual_loops?;
    Some(node.actual_total_time_ms? * loops / processes.min(loops.max(1.0)))
}

fn below<'a>(node: &'a PlanNode, inherited: Inherited<'a>) -> Inherited<'a> {
    let own = Inherited { parent: Some(node), ..inherited };
    let own =
        if reads_all_before_it_returns(node) { Inherited { may_stop_early: false, ..own } } else { own };
    let Some(planned) = node.workers_planned else { return own };
    let leader = (1.0 - 0.3 * planned).max(0.0);
    Inherited {
        processes: node.workers_launched.unwrap_or(planned).max(0.0) + 1.0,
        parallel_divisor: (planned + leader).max(1.0),
        ..own
    }
}

fn reads_all_before_it_returns(node: &PlanNode) -> bool {
    match node.node_type.as_str() {
        "Sort" | "Hash" | "Bitmap Heap Scan" => true,
        "Aggregate" => node.strategy.as_deref() != Some("Sorted"),
        _ => false,
    }
}

/// Whether `node` may stop asking this child for rows before it has given all.
fn stops_child_early(node: &PlanNode, child: &PlanNode) -> bool {
    let is_inner = child.parent_relationship.as_deref() == Some("Inner");
    match node.node_type.as_str() {
        "Limit" | "Merge Join" => true,
        // An EXISTS or `= ANY` asks for one row.
        _ if child.parent_relationship.as_deref() == Some("SubPlan") => true,
        "Nested Loop" => {
            is_inner && (node.is_inner_unique || matches!(node.join_type.as_deref(), Some("Semi" | "Anti")))
        }
        _ => false,
    }
}
