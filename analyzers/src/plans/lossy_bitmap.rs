//! `lossy-bitmap`
//!
//! **What:** a bitmap of rows that outgrew `work_mem`, so that for some pages it knew only that they hold rows.
//! **Why it hurts:** every row of such a page is read and checked again.
//! **Threshold:** any lossy page (pev2). Severity by share of time, at most a warning.
//! **Remedy:** more `work_mem` for this statement: 64 bytes for each page (`tbm_calculate_entries` in Postgres'
//! `tidbitmap.c`), or an index that leaves fewer pages.

use aforo_model::Severity;
use aforo_model::database::{PlanFinding, PlanVisit};

use super::memory_setting::work_mem_for_memory;
use super::names::table_name;
use super::{PlanCheck, PlanContext, rows, severity_by_time};

/// Bytes of one page's entry in a bitmap.
const BYTES_PER_PAGE: f64 = 64.0;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "lossy-bitmap", summary: "a bitmap that outgrew its memory", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    context.plan.visit().iter().filter_map(|visit| judge(context, visit)).collect()
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let lossy = node.lossy_heap_blocks.unwrap_or(0.0)
        + node.workers.iter().filter_map(|worker| worker.lossy_heap_blocks).sum::<f64>();
    if lossy <= 0.0 {
        return None;
    }
    let exact = node.exact_heap_blocks.unwrap_or(0.0)
        + node.workers.iter().filter_map(|worker| worker.exact_heap_blocks).sum::<f64>();
    let rechecked = node.rows_removed_by_recheck.unwrap_or(0.0) * node.actual_loops.unwrap_or(1.0);
    let message = format!(
        "the bitmap of {} was lossy for {} of {} pages, and {} rows were read only to be thrown away",
        table_name(node),
        rows(lossy),
        rows(lossy + exact),
        rows(rechecked)
    );
    let remedy = format!(
        "SET LOCAL work_mem = '{}' for this statement, or an index on more of the columns of its condition",
        work_mem_for_memory((lossy + exact) * BYTES_PER_PAGE / 1024.0)
    );
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, visit.self_ratio).min(Severity::Warning),
        (message, remedy),
        &[("lossy_pages", lossy), ("exact_pages", exact), ("rechecked_rows", rechecked)],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::{Plan, PlanWorker};

    #[test]
    fn a_bitmap_that_forgot_its_rows_is_found() {
        let findings = found(run, &PlanFixture::read("lossy-bitmap-hit"));
        assert_eq!(findings.len(), 1);
        let finding = &findings[0].finding;
        assert!(
            finding.numbers["lossy_pages"] > 1_000.0 && finding.numbers["rechecked_rows"] > 0.0,
            "{finding:?}"
        );
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.message.starts_with("the bitmap of public.reservations was lossy"));
    }

    #[test]
    fn an_exact_one_is_not() {
        assert_eq!(found(run, &PlanFixture::read("lossy-bitmap-near-miss")), []);
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn pages_of_workers_count() {
        let plan = changed(PlanFixture::read("lossy-bitmap-near-miss"), |plan| {
            plan.root.workers = vec![PlanWorker { lossy_heap_blocks: Some(7.0), ..PlanWorker::default() }];
        });
        assert_eq!(found(run, &plan)[0].finding.numbers["lossy_pages"], 7.0);
    }
}
