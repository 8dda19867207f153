//! `sort-to-disk`
//!
//! **What:** a sort that did not fit in memory and went through temporary files; in a parallel plan, in any process.
//! **Why it hurts:** the rows are written and read once more, on a disk that others need as well.
//! **Threshold:** any (`Sort Space Type: Disk`, as every viewer of plans marks it). Severity by share of time.
//! **Remedy:** an index in that order, or more `work_mem` for this statement; how much follows from the size of the files.

use aforo_model::database::{PlanFinding, PlanNode, PlanVisit};

use super::memory_setting::work_mem_for_disk;
use super::{PlanCheck, PlanContext, severity_by_time};
use crate::wording::memory;

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "sort-to-disk", summary: "a sort that did not fit in memory", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    context.plan.visit().iter().filter_map(|visit| judge(context, visit)).collect()
}

fn judge(context: &PlanContext<'_>, visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let disk_kb = largest_disk_kb(node).filter(|disk_kb| *disk_kb > 0.0)?;
    let work_mem = work_mem_for_disk(disk_kb);
    let key = node.sort_key.join(", ");
    let message = format!("a sort by {key} took {} of temporary files", memory((disk_kb * 1024.0) as u64));
    let remedy = format!(
        "where an index can give the rows in this order, create it; else SET LOCAL work_mem = '{work_mem}' for this \
         statement (every sort and every process may take that much)"
    );
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, visit.self_ratio),
        (message, remedy),
        &[("sort_disk_kb", disk_kb), ("temp_written_blocks", node.blocks.temp_written.unwrap_or(0.0))],
    ))
}

/// The largest sort of one process: each has its own `work_mem`.
fn largest_disk_kb(node: &PlanNode) -> Option<f64> {
    let on_disk = |kind: &Option<String>| kind.as_deref() == Some("Disk");
    let own = node.sort_space_kb.filter(|_| on_disk(&node.sort_space_type));
    let workers = node
        .workers
        .iter()
        .filter_map(|worker| worker.sort_space_kb.filter(|_| on_disk(&worker.sort_space_type)));
    let groups = [&node.full_sort_groups, &node.presorted_groups];
    let groups = groups.into_iter().flatten().filter_map(|groups| Some(groups.disk.as_ref()?.peak_kb));
    own.into_iter().chain(workers).chain(groups).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::Severity;
    use aforo_model::database::{IncrementalSortGroups, IncrementalSortSpace, Plan};

    #[test]
    fn an_external_merge_is_found_with_the_memory_that_suffices() {
        let plan =
            changed(PlanFixture::read("sort-to-disk-hit"), |plan| plan.root.sort_space_kb = Some(10_400.0));
        let findings = found(run, &plan);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            findings[0].finding.message,
            "a sort by reservations.guest took 10 MiB of temporary files"
        );
        assert!(findings[0].finding.remedy.contains("'32MB'"), "the near miss took 23 MB of memory");
        assert_eq!(findings[0].finding.severity, Severity::Critical);
    }

    #[test]
    fn a_sort_in_memory_is_not() {
        assert_eq!(found(run, &PlanFixture::read("sort-to-disk-near-miss")), []);
        assert_eq!(found(run, &Plan::default()), []);
    }

    #[test]
    fn workers_and_groups_count_each_for_itself() {
        let parallel = changed(PlanFixture::read("sort-to-disk-parallel"), |plan| {
            let sort = &mut plan.root.plans[0];
            (sort.sort_space_kb, sort.sort_space_type) = (Some(99_999.0), Some("Memory".to_owned()));
            sort.workers[1].sort_space_kb = Some(4_096.0);
        });
        let findings = found(run, &parallel);
        assert_eq!((findings.len(), findings[0].finding.numbers["sort_disk_kb"]), (1, 4_096.0));
        let incremental = changed(PlanFixture::read("sort-to-disk-near-miss"), |plan| {
            plan.root.presorted_groups = Some(IncrementalSortGroups {
                count: 3.0,
                disk: Some(IncrementalSortSpace { peak_kb: 512.0 }),
            });
        });
        assert_eq!(found(run, &incremental)[0].finding.numbers["sort_disk_kb"], 512.0);
    }
}
