//! `heap-fetches`
//!
//! **What:** an index-only scan that had to look into the table all the same for four rows of ten or more.
//! **Why it hurts:** it is then an ordinary index scan, with a page of the table read for each row.
//! **Threshold:** 0.4 fetches for each row and a hundred fetches at least; critical bands follow the share of time. pev2 marks
//! 40 and 90 %. There may be more than one for a row: dead versions are looked at as well.
//! **Remedy:** `VACUUM`, which marks pages whose rows everybody sees; autovacuum more often.

use aforo_model::database::{PlanFinding, PlanVisit};

use super::names::{sql_table, table_name};
use super::{PlanCheck, PlanContext, rows, severity_by_time};

const FETCHES_PER_ROW: f64 = 0.4;
const FETCHES: f64 = 100.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "heap-fetches", summary: "an index-only scan that reads the table", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    context.plan.visit().iter().filter_map(|visit| judge(context, visit)).collect()
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let fetches = node.heap_fetches?;
    let scanned = node.total_actual_rows()? + node.total_removed_rows()?;
    let fetches_per_row = fetches / scanned.max(1.0);
    if fetches < FETCHES || fetches_per_row < FETCHES_PER_ROW {
        return None;
    }
    let message = format!(
        "an index-only scan of {} looked into the table {} times for {} rows",
        table_name(node),
        rows(fetches),
        rows(scanned)
    );
    let table = sql_table(node);
    let remedy = format!(
        "VACUUM (ANALYZE) {table}; if it comes back, ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, \
         autovacuum_vacuum_insert_scale_factor = 0.02)"
    );
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, visit.self_ratio),
        (message, remedy),
        &[("heap_fetches", fetches), ("rows_scanned", scanned), ("fetches_per_row", fetches_per_row)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::Plan;

    #[test]
    fn a_scan_after_many_updates_is_found() {
        let findings = found(run, &PlanFixture::read("heap-fetches-hit"));
        assert_eq!(findings.len(), 1);
        let finding = &findings[0].finding;
        assert_eq!(finding.numbers["fetches_per_row"], 2.0, "an old and a new version of each row");
        assert!(finding.remedy.starts_with("VACUUM (ANALYZE) public.reservations"));
    }

    #[test]
    fn one_after_a_vacuum_or_with_few_fetches_is_not() {
        assert_eq!(found(run, &PlanFixture::read("heap-fetches-near-miss")), []);
        let fetching = |heap_fetches: f64, actual_rows: f64| {
            changed(PlanFixture::read("heap-fetches-near-miss"), |plan| {
                plan.root.plans[0].heap_fetches = Some(heap_fetches);
                plan.root.plans[0].actual_rows = Some(actual_rows);
            })
        };
        assert_eq!(found(run, &fetching(390.0, 1_000.0)), []);
        assert_eq!(found(run, &fetching(400.0, 1_000.0)).len(), 1);
        assert_eq!(found(run, &fetching(99.0, 99.0)), []);
        assert_eq!(found(run, &Plan::default()), []);
    }
}
