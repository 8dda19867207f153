//! `nested-loop-inner-size`
//!
//! **What:** a nested loop whose inner side is done a thousand times or more, and touches a hundred rows or more each time.
//! **Why it hurts:** the work is the product of both sides. Mostly the planner expected few rows outside.
//! **Threshold:** 1,000 loops, critical for the field's linters; 100 rows a loop, so that a look-up by key, which is what nested
//! loops are for, is none. Plans that were not executed are judged by the rows expected. Severity by the time of the inner side.
//! **Remedy:** an index for the inner side's condition, better estimates, or a condition that a hash join can use.

use aforo_model::database::{PlanFinding, PlanVisit};

use super::names::table_name;
use super::{PlanCheck, PlanContext, rows, severity_by_time};

const LOOPS: f64 = 1_000.0;
const ROWS_PER_LOOP: f64 = 100.0;

pub(super) const CHECK: PlanCheck = PlanCheck {
    code: "nested-loop-inner-size",
    summary: "a nested loop that reads many rows a thousand times",
    run,
};

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    let visits = context.plan.visit();
    let joins = visits.iter().filter(|visit| visit.node.node_type == "Nested Loop");
    joins.filter_map(|join| judge(context, &visits, join)).collect()
}

fn judge(context: &PlanContext<'_>, visits: &[PlanVisit<'_>], join: &PlanVisit<'_>) -> Option<PlanFinding> {
    let is_side = |side: &'static str| {
        move |visit: &&PlanVisit<'_>| {
            visit.path.len() == join.path.len() + 1
                && visit.path.starts_with(&join.path)
                && visit.node.parent_relationship.as_deref() == Some(side)
        }
    };
    let outer = visits.iter().find(is_side("Outer"))?;
    let inner = visits.iter().find(is_side("Inner"))?;
    let loops = inner.node.actual_loops.unwrap_or(outer.node.plan_rows);
    let rows_per_loop = rows_per_loop(visits, inner);
    if loops < LOOPS || rows_per_loop < ROWS_PER_LOOP {
        return None;
    }
    let verb = if inner.node.actual_loops.is_some() { "was done" } else { "is expected to be done" };
    let scanned = scans(visits, inner).next().unwrap_or(inner);
    let condition = join.node.join_filter.as_deref().or(scanned.node.filter.as_deref());
    let message = format!(
        "the inner side of a nested loop ({}) {verb} {} times with {} rows each: {} rows in all",
        scanned
            .node
            .relation
            .as_ref()
            .map_or_else(|| inner.node.node_type.clone(), |_| table_name(scanned.node)),
        rows(loops),
        rows(rows_per_loop),
        rows(loops * rows_per_loop)
    );
    let remedy = format!(
        "give {} an index on the joined columns{}; where the outer side was expected to be small, ANALYZE its tables; only \
         a condition with `=` can be joined by hash",
        table_name(scanned.node),
        condition.map(|condition| format!(" of {condition}")).unwrap_or_default()
    );
    let ratio = inner.inclusive_ms.zip(context.plan.execution_time_ms).map(|(inner_ms, total_ms)| {
        // The join itself compares the rows.
        ((inner_ms + join.self_ms.unwrap_or(0.0)) / total_ms).min(1.0)
    });
    Some(context.about(
        join,
        CHECK.code,
        severity_by_time(context, ratio),
        (message, remedy),
        &[("inner_loops", loops), ("rows_per_loop", rows_per_loop)],
    ))
}

/// Rows the inner side touches in each loop: those its scans read, or those it hands on where it keeps them in memory
/// (`Materialize`), whichever is more.
fn rows_per_loop(visits: &[PlanVisit<'_>], inner: &PlanVisit<'_>) -> f64 {
    let Some(loops) = inner.node.actual_loops else { return inner.node.plan_rows };
    let read: f64 = scans(visits, inner)
        .filter_map(|scan| Some(scan.node.total_actual_rows()? + scan.node.total_removed_rows()?))
        .sum();
    (read / loops).max(inner.node.actual_rows.unwrap_or(0.0))
}

/// The nodes of a side that read tables.
fn scans<'v, 'p>(
    visits: &'v [PlanVisit<'p>],
    side: &'v PlanVisit<'p>,
) -> impl Iterator<Item = &'v PlanVisit<'p>> {
    visits.iter().filter(|visit| visit.path.starts_with(&side.path) && visit.node.relation.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::Severity;
    use aforo_model::database::Plan;

    #[test]
    fn a_product_of_two_tables_is_found() {
        let findings = found(run, &PlanFixture::read("nested-loop-inner-size-hit"));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].node, [0]);
        let finding = &findings[0].finding;
        assert!(
            finding.message.ends_with("was done 2,000 times with 2,000 rows each: 4,000,000 rows in all"),
            "{finding:?}"
        );
        assert_eq!(finding.severity, Severity::Critical);
    }

    #[test]
    fn a_thousand_look_ups_by_key_are_not() {
        assert_eq!(found(run, &PlanFixture::read("nested-loop-inner-size-near-miss")), []);
        let fewer = changed(PlanFixture::read("nested-loop-inner-size-hit"), |plan| {
            plan.root.plans[0].plans[1].actual_loops = Some(999.0);
        });
        assert_eq!(found(run, &fewer), []);
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn rows_that_the_scan_throws_away_count() {
        let plan = changed(PlanFixture::read("nested-loop-inner-size-hit"), |plan| {
            let inner = &mut plan.root.plans[0].plans[1];
            inner.actual_rows = Some(0.0);
            let scan = &mut inner.plans[0];
            (scan.actual_rows, scan.rows_removed_by_filter, scan.actual_loops) =
                (Some(1.0), Some(99.0), Some(2_000.0));
        });
        assert_eq!(found(run, &plan)[0].finding.numbers["rows_per_loop"], 100.0);
    }

    #[test]
    fn a_plan_that_was_not_executed_is_judged_by_what_is_expected() {
        fn forget(node: &mut aforo_model::database::PlanNode) {
            (node.actual_rows, node.actual_loops, node.actual_total_time_ms) = (None, None, None);
            node.plans.iter_mut().for_each(forget);
        }
        let plan = changed(PlanFixture::read("nested-loop-inner-size-hit"), |plan| {
            forget(&mut plan.root);
            plan.execution_time_ms = None;
        });
        let findings = found(run, &plan);
        assert!(findings[0].finding.message.contains("is expected to be done 2,000 times"), "{findings:?}");
    }
}
