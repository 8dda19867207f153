//! `jit-cost`
//!
//! **What:** just-in-time compilation that takes a tenth or more of the execution.
//! **Why it hurts:** it is paid on every execution, and pays off only for long ones; it is on by default from Postgres 12 on.
//! **Threshold:** 10 % of the execution time and 20 ms; critical from 40 % of a slow statement.
//! **Remedy:** off for the application's role, or `jit_above_cost` above this plan's cost.

use aforo_model::database::PlanFinding;

use super::{NOTABLE_RATIO, PlanCheck, PlanContext, severity_by_time};
use crate::wording::percent;

const JIT_MS: f64 = 20.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "jit-cost", summary: "compiling takes a notable part of the execution", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    judge(context).into_iter().collect()
}

fn judge(context: &PlanContext<'_>) -> Option<PlanFinding> {
    let plan = context.plan;
    let jit = plan.jit.as_ref()?;
    let jit_ms = jit.timing.as_ref()?.total_ms;
    let execution_ms = plan.execution_time_ms.filter(|execution_ms| *execution_ms > 0.0)?;
    let ratio = jit_ms / execution_ms;
    if jit_ms < JIT_MS || ratio < NOTABLE_RATIO {
        return None;
    }
    let message = format!(
        "just-in-time compilation of {} functions took {jit_ms:.1} of {execution_ms:.1} ms ({})",
        jit.functions,
        percent(ratio)
    );
    // Twice the cost, in two digits: plans of this statement with a little more data stay below it.
    let cost = 2.0 * plan.root.total_cost.max(1.0);
    let digits = 10_f64.powf(cost.log10().floor() - 1.0);
    let remedy = format!(
        "ALTER ROLE <the application's role> SET jit = off, or SET jit_above_cost = {:.0} (this plan costs {:.0})",
        (cost / digits).ceil() * digits,
        plan.root.total_cost
    );
    Some(context.about_all(
        CHECK.code,
        severity_by_time(context, Some(ratio)),
        (message, remedy),
        &[
            ("jit_time_ms", jit_ms),
            ("execution_time_ms", execution_ms),
            ("jit_functions", jit.functions as f64),
        ],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::Severity;
    use aforo_model::database::{JitTiming, Plan};

    fn compiled(total_ms: f64, execution_ms: f64) -> Plan {
        changed(PlanFixture::read("jit-cost-hit"), |plan| {
            plan.execution_time_ms = Some(execution_ms);
            plan.jit.as_mut().unwrap().timing = Some(JitTiming { total_ms });
        })
    }

    #[test]
    fn compiling_for_a_third_of_the_time_is_found() {
        let findings = found(run, &PlanFixture::read("jit-cost-hit"));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].finding.numbers["jit_time_ms"] > 20.0);
        let finding = found(run, &compiled(30.0, 100.0)).remove(0).finding;
        assert_eq!(finding.message, "just-in-time compilation of 5 functions took 30.0 of 100.0 ms (30%)");
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(found(run, &compiled(40.0, 100.0))[0].finding.severity, Severity::Critical);
    }

    #[test]
    fn a_small_share_or_a_short_time_is_not() {
        assert_eq!(found(run, &PlanFixture::read("jit-cost-near-miss")), []);
        assert_eq!(found(run, &compiled(19.9, 30.0)), []);
        assert_eq!(found(run, &compiled(20.0, 201.0)), []);
        assert_eq!(found(run, &compiled(20.0, 0.0)), []);
        assert_eq!(found(run, &Plan::default()), []);
    }
}
