//! `row-misestimate`
//!
//! **What:** the planner expected ten times more rows of a node, or ten times fewer, than came, per loop; at the lowest node
//! that is wrong, since those above inherit it.
//! **Why it hurts:** joins are chosen by expected rows. One row expected where a thousand come makes a nested loop of a hash join.
//! **Threshold:** factor 10, critical from 100 where the plan is slow and the node's subtree takes 40 % of the time: the bands
//! of pev2, pgAdmin and depesz (10, 100, 1000). Not judged: nodes that were never executed, nodes of which less than 100 rows
//! came and were expected, rows that were not asked for because a `LIMIT` or a semi-join had enough (as pganalyze leaves them
//! out), and bitmap nodes, which count no rows.
//! **Remedy:** fresh statistics, then finer or extended ones.

use aforo_model::Severity;
use aforo_model::database::{PlanFinding, PlanNode, PlanVisit};

use super::names::{sql_table, table_name};
use super::{LARGE_RATIO, NOTABLE_RATIO, PlanCheck, PlanContext, SLOW_STATEMENT_MS, rows};

const FACTOR: f64 = 10.0;
const LARGE_FACTOR: f64 = 100.0;
/// No plan turns on fewer rows than these.
const ROWS: f64 = 100.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "row-misestimate", summary: "ten times more or fewer rows than expected", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    let visits = context.plan.visit();
    let misjudged: Vec<_> = visits.iter().map(misjudged).collect();
    let origin = |at: usize| {
        let visit = &visits[at];
        // In order of visit, what lies below a node follows it.
        let below = visits[at + 1..].iter().zip(&misjudged[at + 1..]);
        !below
            .take_while(|(other, _)| other.path.starts_with(&visit.path))
            .any(|(_, misjudged)| misjudged.is_some())
    };
    let found = visits.iter().zip(&misjudged).enumerate();
    found
        .filter_map(|(at, (visit, misjudged))| Some((at, visit, (*misjudged)?)))
        .filter(|(at, ..)| origin(*at))
        .map(|(_, visit, factor)| judged(context, visit, factor))
        .collect()
}

/// Rows that came for each expected, per loop; nothing if that is not off, or cannot be said.
fn misjudged(visit: &PlanVisit<'_>) -> Option<f64> {
    let node = visit.node;
    let (actual, loops) = (node.actual_rows?, node.actual_loops?);
    let is_judged = !counts_no_rows(node) && !is_rewound(visit);
    if !is_judged || actual.max(node.plan_rows) * loops < ROWS {
        return None;
    }
    let factor = node.rows_per_expected()?;
    let is_off = factor >= FACTOR || (factor <= 1.0 / FACTOR && !visit.may_stop_early);
    is_off.then_some(factor)
}

fn counts_no_rows(node: &PlanNode) -> bool {
    matches!(node.node_type.as_str(), "BitmapAnd" | "BitmapOr" | "ModifyTable" | "Hash")
        || node.operation.is_some()
}

/// The inner side of a merge join is read again for equal rows of the outer, and counts them again.
fn is_rewound(visit: &PlanVisit<'_>) -> bool {
    visit.parent.is_some_and(|parent| parent.node_type == "Merge Join")
        && visit.node.parent_relationship.as_deref() == Some("Inner")
}

fn judged(context: &PlanContext<'_>, visit: &PlanVisit<'_>, factor: f64) -> PlanFinding {
    let node = visit.node;
    let actual = node.actual_rows.unwrap_or(0.0);
    let off_by = if factor >= 1.0 { factor } else { 1.0 / factor };
    let direction = if factor >= 1.0 { "too low" } else { "too high" };
    let place = match &node.relation {
        Some(_) => format!("a {} of {}", node.node_type, table_name(node)),
        None => format!("a {}", node.node_type),
    };
    let message = format!(
        "the planner expected {} rows of {place} and {} came: {} times {direction}",
        rows(node.plan_rows),
        rows(actual),
        rows(off_by)
    );
    context.about(
        visit,
        CHECK.code,
        severity(context, visit, off_by),
        (message, remedy(node)),
        &[
            ("plan_rows", node.plan_rows),
            ("actual_rows", actual),
            ("loops", node.actual_loops.unwrap_or(0.0)),
            ("misestimate_factor", off_by),
        ],
    )
}

/// By factor and by the time of the plan's part that rests on it: the join above.
fn severity(context: &PlanContext<'_>, visit: &PlanVisit<'_>, off_by: f64) -> Severity {
    let total_ms = context.plan.execution_time_ms;
    let ratio = visit.inclusive_ms.zip(total_ms).map(|(inclusive_ms, total_ms)| inclusive_ms / total_ms);
    let is_slow = total_ms.is_some_and(|total_ms| total_ms >= SLOW_STATEMENT_MS);
    match ratio {
        Some(ratio) if ratio < NOTABLE_RATIO && off_by < LARGE_FACTOR => Severity::Info,
        Some(ratio) if ratio >= LARGE_RATIO && off_by >= LARGE_FACTOR && is_slow => Severity::Critical,
        _ => Severity::Warning,
    }
}

fn remedy(node: &PlanNode) -> String {
    let Some(filter) =
        node.filter.as_ref().or(node.index_condition.as_ref()).or(node.recheck_condition.as_ref())
    else {
        return "run ANALYZE on the tables below; where joined or grouped columns depend on each other, CREATE STATISTICS \
                on them"
            .to_owned();
    };
    let table = sql_table(node);
    let correlated = if filter.contains(" AND ") {
        format!(
            "; the columns of {filter} may depend on each other: CREATE STATISTICS (dependencies, mcv) ON … FROM {table}"
        )
    } else {
        format!("; then ALTER TABLE {table} ALTER COLUMN … SET STATISTICS 1000 for the column in {filter}")
    };
    format!("ANALYZE {table}{correlated}, and ANALYZE again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::Plan;

    #[test]
    fn columns_that_depend_on_each_other_are_found() {
        let findings = found(run, &PlanFixture::read("row-misestimate-hit"));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].node, [0]);
        let finding = &findings[0].finding;
        assert!(finding.message.ends_with("too low"), "{}", finding.message);
        assert!(finding.remedy.contains("CREATE STATISTICS (dependencies, mcv) ON … FROM public.stays"));
        assert!(finding.numbers["misestimate_factor"] >= 100.0);
    }

    #[test]
    fn a_factor_below_ten_is_not() {
        assert_eq!(found(run, &PlanFixture::read("row-misestimate-near-miss")), []);
        assert_eq!(found(run, &PlanFixture::read("seq-scan-generic")), [], "not executed");
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn rows_that_were_not_asked_for_do_not_count() {
        assert_eq!(found(run, &PlanFixture::read("row-misestimate-limit")), []);
        let more = changed(PlanFixture::read("row-misestimate-limit"), |plan| {
            plan.root.plans[0].plan_rows = 10.0;
            plan.root.plans[0].actual_rows = Some(1_000.0);
        });
        assert_eq!(found(run, &more).len(), 1, "more than expected came in spite of the limit");
    }

    #[test]
    fn nodes_that_were_never_executed_do_not_count() {
        let plan = changed(PlanFixture::read("row-misestimate-never-executed"), |plan| {
            plan.root.plans[1].plan_rows = 1e6;
        });
        assert_eq!(found(run, &plan), []);
    }

    #[test]
    fn rows_are_means_per_loop_and_an_error_is_told_once() {
        let plan = changed(PlanFixture::read("row-misestimate-hit"), |plan| {
            let scan = &mut plan.root.plans[0];
            (scan.plan_rows, scan.actual_rows, scan.actual_loops) = (1.0, Some(1.0), Some(1_000.0));
        });
        assert_eq!(found(run, &plan), [], "one row a loop was expected, and came");
        let inherited = changed(PlanFixture::read("row-misestimate-hit"), |plan| {
            (plan.root.plan_rows, plan.root.actual_rows) = (1.0, Some(5_000.0));
        });
        let findings = found(run, &inherited);
        assert_eq!(findings.iter().map(|found| found.node.clone()).collect::<Vec<_>>(), [vec![0]]);
    }
}
