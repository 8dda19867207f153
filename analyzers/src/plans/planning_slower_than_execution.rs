//! `planning-slower-than-execution`
//!
//! **What:** planning takes longer than executing, and a millisecond or more.
//! **Why it hurts:** every execution that is not of a prepared statement pays for it, in CPU of the server.
//! **Threshold:** planning above execution, as every viewer of plans lists it; 1 ms, below which a round trip costs as much; a
//! warning from 10 ms.
//! **Remedy:** prepared statements, fewer joins and partitions.

use aforo_model::Severity;
use aforo_model::database::PlanFinding;

use super::{PlanCheck, PlanContext};

const PLANNING_MS: f64 = 1.0;
const LONG_PLANNING_MS: f64 = 10.0;

pub(super) const CHECK: PlanCheck = PlanCheck {
    code: "planning-slower-than-execution",
    summary: "planning takes longer than executing",
    run,
};

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    judge(context).into_iter().collect()
}

fn judge(context: &PlanContext<'_>) -> Option<PlanFinding> {
    let plan = context.plan;
    let (planning_ms, execution_ms) = (plan.planning_time_ms?, plan.execution_time_ms?);
    if planning_ms < PLANNING_MS || planning_ms <= execution_ms {
        return None;
    }
    let severity = if planning_ms >= LONG_PLANNING_MS { Severity::Warning } else { Severity::Info };
    let message = format!("planning took {planning_ms:.1} ms, executing {execution_ms:.1} ms");
    let remedy = "let the driver prepare the statement and keep it (from the sixth execution on Postgres may plan it once \
                  for all); join fewer tables, and name the partition key in the condition";
    Some(context.about_all(
        CHECK.code,
        severity,
        (message, remedy.to_owned()),
        &[("planning_time_ms", planning_ms), ("execution_time_ms", execution_ms)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::Plan;

    fn planned(planning_ms: f64, execution_ms: f64) -> Plan {
        changed(PlanFixture::read("index-scan"), |plan| {
            (plan.planning_time_ms, plan.execution_time_ms) = (Some(planning_ms), Some(execution_ms));
        })
    }

    #[test]
    fn nine_tables_for_one_row_are_found() {
        let findings = found(run, &PlanFixture::read("planning-slower-than-execution-hit"));
        assert_eq!((findings.len(), findings[0].finding.severity), (1, Severity::Info));
        let long = found(run, &planned(10.0, 9.9));
        assert_eq!(long[0].finding.severity, Severity::Warning);
        assert_eq!(long[0].finding.message, "planning took 10.0 ms, executing 9.9 ms");
    }

    #[test]
    fn a_short_planning_or_a_longer_execution_is_not() {
        assert_eq!(found(run, &PlanFixture::read("index-scan")), [], "0.04 ms against 0.02 ms");
        assert_eq!(found(run, &planned(0.99, 0.1)), []);
        assert_eq!(found(run, &planned(5.0, 5.0)), []);
        assert_eq!(found(run, &Plan::default()), []);
    }
}
