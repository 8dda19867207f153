//! `seq-scan`
//!
//! **What:** a whole table read to keep little of it: the filter throws away at least nine rows of ten, of 10,000 or more read
//! over all loops. In a plan that was not executed: the planner expects to keep at most a tenth of a table of that size.
//! **Why it hurts:** the time grows with the table, not with the answer, and the pages read push others out of the cache.
//! **Threshold:** 90 % removed, pev2's upper band for rows removed by a filter; 10,000 rows, below which reading the table is
//! as fast as an index, the bound of the field's linters. Severity by share of time.
//! **Remedy:** an index for the filter.

use aforo_model::database::{PlanFinding, PlanVisit};

use super::names::{sql_table, table_name};
use super::{PlanCheck, PlanContext, rows, severity_by_time};
use crate::wording::percent;

const REMOVED_RATIO: f64 = 0.90;
const ROWS_READ: f64 = 10_000.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "seq-scan", summary: "a whole table read to keep little of it", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    let visits = context.plan.visit();
    visits
        .iter()
        .filter(|visit| visit.node.node_type == "Seq Scan")
        .filter_map(|visit| judge(context, visit))
        .collect()
}

/// Rows read by all loops, and rows kept of them.
struct Scanned {
    read: f64,
    kept: f64,
    verb: &'static str,
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let filter = node.filter.as_deref()?;
    let Scanned { read, kept, verb } = executed(visit).or_else(|| planned(context, visit))?;
    let removed_ratio = (read - kept) / read;
    if read < ROWS_READ || removed_ratio < REMOVED_RATIO {
        return None;
    }
    let message = format!(
        "a sequential scan of {} {verb} {} rows and throws {} of them away by the filter {filter}",
        table_name(node),
        rows(read),
        percent(removed_ratio)
    );
    let remedy = format!(
        "give {} an index on the columns of this filter that select most (CREATE INDEX CONCURRENTLY … ON {} (…)); the \
         index advice names the best for all statements",
        table_name(node),
        sql_table(node)
    );
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, visit.self_ratio),
        (message, remedy),
        &[
            ("rows_read", read),
            ("rows_kept", kept),
            ("removed_ratio", removed_ratio),
            ("loops", node.actual_loops.unwrap_or(1.0)),
        ],
    ))
}

fn executed(visit: &PlanVisit<'_>) -> Option<Scanned> {
    let kept = visit.node.total_actual_rows()?;
    Some(Scanned { read: kept + visit.node.total_removed_rows()?, kept, verb: "reads" })
}

/// One loop: how many there would be, nobody knows.
fn planned(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<Scanned> {
    if visit.node.actual_loops.is_some() {
        return None;
    }
    let read = context.table(visit)?.row_estimate?;
    // Workers that share a scan are each expected to keep a part.
    let kept = visit.node.plan_rows * if visit.node.is_parallel_aware { visit.parallel_divisor } else { 1.0 };
    Some(Scanned { read, kept, verb: "would read" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found, with_tables};
    use aforo_model::Severity;
    use aforo_model::database::Plan;

    #[test]
    fn a_scan_that_keeps_one_row_in_a_hundred_is_found() {
        let plan = PlanFixture::read("seq-scan-hit");
        let findings = found(run, &plan);
        assert_eq!(findings.len(), 1);
        let finding = &findings[0].finding;
        assert_eq!(
            finding.message,
            "a sequential scan of public.reservations reads 200,000 rows and throws 99% of them away by the filter \
             (reservations.status = 'pending'::text)"
        );
        assert_eq!((finding.numbers["rows_read"], finding.numbers["removed_ratio"]), (200_000.0, 0.99));
        assert_eq!(finding.severity, Severity::Warning, "all of the time, but of 10 ms");
        let slow = changed(plan, |plan| {
            plan.execution_time_ms = Some(50.0);
            plan.root.actual_total_time_ms = Some(49.0);
        });
        assert_eq!(found(run, &slow)[0].finding.severity, Severity::Critical);
    }

    #[test]
    fn one_that_keeps_a_third_or_reads_little_is_not() {
        assert_eq!(found(run, &PlanFixture::read("seq-scan-near-miss")), []);
        assert_eq!(found(run, &PlanFixture::read("index-scan")), []);
        let small = |read: f64| {
            changed(PlanFixture::read("seq-scan-hit"), |plan| {
                plan.root.actual_rows = Some(0.0);
                plan.root.rows_removed_by_filter = Some(read);
            })
        };
        assert_eq!(found(run, &small(9_999.0)), []);
        assert_eq!(found(run, &small(10_000.0)).len(), 1);
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn loops_and_workers_add_up() {
        let many = changed(PlanFixture::read("seq-scan-hit"), |plan| {
            plan.root.actual_rows = Some(1.0);
            plan.root.rows_removed_by_filter = Some(99.0);
            plan.root.actual_loops = Some(100.0);
        });
        assert_eq!(found(run, &many)[0].finding.numbers["rows_read"], 10_000.0);
    }

    #[test]
    fn a_plan_that_was_not_executed_is_judged_by_the_size_of_the_table() {
        let generic = PlanFixture::read("seq-scan-generic");
        assert_eq!(found(run, &generic), [], "nobody knows how large it is");
        let sized = |row_estimate| {
            run(&PlanContext {
                catalog: Some(&with_tables(&[("reservations", row_estimate)])),
                fingerprint: "f",
                plan: &generic,
            })
        };
        let findings = sized(200_000.0);
        assert!(findings[0].finding.message.contains("would read 200,000 rows"), "{findings:?}");
        assert_eq!(findings[0].finding.severity, Severity::Warning);
        assert_eq!(sized(9_999.0), []);
    }
}
