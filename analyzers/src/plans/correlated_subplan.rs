//! `correlated-subplan`
//!
//! **What:** a sub-query that is executed anew for each row of the query around it, ten times or more.
//! **Why it hurts:** it is an N+1 inside the database: its cost grows with the rows around it.
//! **Threshold:** 10 executions, a page's worth; viewers list every sub-plan with more than one. A plan that was not executed
//! tells how many rows come out around the sub-query, at least as many as it is executed for. Hashed sub-plans are executed
//! once, and are none. Severity by the time of the sub-plan.
//! **Remedy:** a join, or `LATERAL` with an index on the correlated column.

use aforo_model::database::{PlanFinding, PlanVisit};

use super::{PlanCheck, PlanContext, rows, severity_by_time};

const EXECUTIONS: f64 = 10.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "correlated-subplan", summary: "a sub-query executed for each row", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    context.plan.visit().iter().filter_map(|visit| judge(context, visit)).collect()
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let (node, parent) = (visit.node, visit.parent?);
    if node.parent_relationship.as_deref() != Some("SubPlan") {
        return None;
    }
    let name = node.subplan_name.as_deref().unwrap_or("a sub-query");
    let hashed = format!("hashed {name}");
    let conditions = [&parent.filter, &parent.join_filter, &parent.index_condition];
    let is_hashed = conditions.into_iter().flatten().any(|condition| condition.contains(&hashed));
    let executions = match node.actual_loops {
        Some(loops) => loops,
        None if is_hashed => 1.0,
        None => parent.plan_rows,
    };
    if executions < EXECUTIONS {
        return None;
    }
    let verb =
        if node.actual_loops.is_some() { "was executed" } else { "is expected to be executed at least" };
    let each = node.actual_total_time_ms.map(|time_ms| format!(", {time_ms:.3} ms each")).unwrap_or_default();
    let message = format!("{name} {verb} {} times, once for each row around it{each}", rows(executions));
    let table = visit_table(context, visit);
    let remedy = format!(
        "write it as a join (LEFT JOIN … GROUP BY, or LEFT JOIN LATERAL … ON true), and give {table} an index on the column \
         that is compared with the outer query"
    );
    let total_ms = context.plan.execution_time_ms;
    let ratio =
        visit.inclusive_ms.zip(total_ms).map(|(inclusive_ms, total_ms)| (inclusive_ms / total_ms).min(1.0));
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, ratio),
        (message, remedy),
        &[("executions", executions), ("subplan_time_ms", visit.inclusive_ms.unwrap_or(f64::NAN))],
    ))
}

/// The first table the sub-query reads.
fn visit_table(context: &PlanContext<'_>, subplan: &PlanVisit<'_>) -> String {
    let visits = context.plan.visit();
    let scan =
        visits.iter().find(|visit| visit.path.starts_with(&subplan.path) && visit.node.relation.is_some());
    scan.and_then(|scan| scan.node.qualified_relation()).unwrap_or_else(|| "its table".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::Severity;
    use aforo_model::database::Plan;

    #[test]
    fn a_sub_query_for_each_row_is_found() {
        let plan = changed(PlanFixture::read("correlated-subplan-hit"), |plan| {
            plan.execution_time_ms = Some(1.0);
            plan.root.plans[0].actual_total_time_ms = Some(0.015);
        });
        let findings = found(run, &plan);
        assert_eq!((findings.len(), findings[0].node.as_slice()), (1, [0].as_slice()));
        let finding = &findings[0].finding;
        assert_eq!(
            finding.message,
            "SubPlan 1 was executed 40 times, once for each row around it, 0.015 ms each"
        );
        assert!(finding.remedy.contains("public.reservations"));
        assert_eq!(finding.severity, Severity::Warning, "60 % of 1 ms");
    }

    #[test]
    fn one_that_is_hashed_or_executed_nine_times_is_not() {
        assert_eq!(found(run, &PlanFixture::read("correlated-subplan-near-miss")), []);
        let nine = changed(PlanFixture::read("correlated-subplan-hit"), |plan| {
            plan.root.plans[0].actual_loops = Some(9.0);
        });
        assert_eq!(found(run, &nine), []);
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn without_execution_the_rows_around_it_tell() {
        let forget = |plan: &mut Plan| {
            plan.execution_time_ms = None;
            plan.root.actual_loops = None;
            plan.root.plans[0].actual_loops = None;
            plan.root.plans[0].actual_total_time_ms = None;
        };
        let correlated = changed(PlanFixture::read("correlated-subplan-hit"), forget);
        assert_eq!(found(run, &correlated)[0].finding.numbers["executions"], 40.0);
        assert_eq!(
            found(run, &changed(PlanFixture::read("correlated-subplan-near-miss"), forget)),
            [],
            "hashed"
        );
    }
}
