//! `workers-not-launched`
//!
//! **What:** a parallel plan that got fewer workers than it was made for.
//! **Why it hurts:** the plan was chosen for their help; without them another would have been faster, and the time varies with
//! what else runs.
//! **Threshold:** any worker missing is worth knowing, none at all is a warning (viewers of plans list every one).
//! **Remedy:** more workers for the server, or fewer for each statement.

use aforo_model::Severity;
use aforo_model::database::{PlanFinding, PlanVisit};

use super::{PlanCheck, PlanContext};

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "workers-not-launched", summary: "a parallel plan without its workers", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    context.plan.visit().iter().filter_map(|visit| judge(context, visit)).collect()
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let (planned, launched) = (node.workers_planned?, node.workers_launched?);
    if launched >= planned || node.is_never_executed() {
        return None;
    }
    let severity = if launched < 1.0 { Severity::Warning } else { Severity::Info };
    let message = format!("{launched:.0} of {planned:.0} workers were launched for a {}", node.node_type);
    let remedy = "raise max_parallel_workers and max_worker_processes where cores are free; else lower \
                  max_parallel_workers_per_gather, so that plans are made for what there is";
    Some(context.about(
        visit,
        CHECK.code,
        severity,
        (message, remedy.to_owned()),
        &[("workers_planned", planned), ("workers_launched", launched)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::Plan;

    #[test]
    fn a_plan_without_workers_is_found() {
        let findings = found(run, &PlanFixture::read("workers-not-launched-hit"));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].finding.message, "0 of 2 workers were launched for a Gather");
        assert_eq!(findings[0].finding.severity, Severity::Warning);
        let one = changed(PlanFixture::read("workers-not-launched-hit"), |plan| {
            plan.root.plans[0].workers_launched = Some(1.0);
        });
        assert_eq!(found(run, &one)[0].finding.severity, Severity::Info);
    }

    #[test]
    fn one_with_all_of_them_is_not() {
        assert_eq!(found(run, &PlanFixture::read("workers-not-launched-near-miss")), []);
        assert_eq!(found(run, &Plan::default()), []);
    }
}
