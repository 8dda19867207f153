//! `hash-to-disk`
//!
//! **What:** a hash table that did not fit in memory: a hash join in more than one batch, or a hashed aggregate that wrote
//! temporary files.
//! **Why it hurts:** both sides of the join, or the rows of the groups, are written and read once more.
//! **Threshold:** more than one batch (pev2). Severity by share of time.
//! **Remedy:** more `work_mem` for this statement (from Postgres 13 on `hash_mem_multiplier` for hashes alone), or fewer and
//! narrower rows into the hash.

use aforo_model::database::{PlanFinding, PlanNode, PlanVisit};

use super::memory_setting::{work_mem_for_disk, work_mem_for_memory};
use super::{PlanCheck, PlanContext, rows, severity_by_time};

pub(super) const CHECK: PlanCheck =
    PlanCheck { code: "hash-to-disk", summary: "a hash table that did not fit in memory", run };

fn run(context: &PlanContext<'_>) -> Vec<PlanFinding> {
    let visits = context.plan.visit();
    visits.iter().filter_map(|visit| judge(context, &visits, visit)).collect()
}

/// A hash table in parts.
struct Spilled {
    what: &'static str,
    batches: f64,
    disk_kb: f64,
    work_mem: String,
}

fn judge(context: &PlanContext<'_>, visits: &[PlanVisit<'_>], visit: &PlanVisit<'_>) -> Option<PlanFinding> {
    let node = visit.node;
    let Spilled { what, batches, disk_kb, work_mem } = join_hash(node).or_else(|| aggregate_hash(node))?;
    let message = format!("{what} did not fit in memory and was split into {} batches", rows(batches));
    let remedy = format!(
        "SET LOCAL work_mem = '{work_mem}' for this statement, or let fewer and narrower rows into the hash (filter \
         earlier, select fewer columns)"
    );
    Some(context.about(
        visit,
        CHECK.code,
        severity_by_time(context, spilling_ratio(visits, visit)),
        (message, remedy),
        &[
            ("hash_batches", batches),
            ("peak_memory_kb", node.peak_memory_kb.unwrap_or(0.0)),
            ("hash_disk_kb", disk_kb),
        ],
    ))
}

/// The share of time of what wrote and read the batches: for a join, the hash and the join above it.
fn spilling_ratio(visits: &[PlanVisit<'_>], visit: &PlanVisit<'_>) -> Option<f64> {
    let above = visit.path.split_last().map(|(_, above)| above).filter(|_| visit.node.node_type == "Hash");
    let join = above.and_then(|above| visits.iter().find(|other| other.path == above));
    Some(visit.self_ratio? + join.and_then(|join| join.self_ratio).unwrap_or(0.0))
}

fn join_hash(node: &PlanNode) -> Option<Spilled> {
    let batches = node.hash_batches.filter(|batches| *batches > 1.0)?;
    // Each batch took about as much as the largest.
    let work_mem = work_mem_for_memory(node.peak_memory_kb.unwrap_or(0.0) * batches);
    Some(Spilled { what: "the hash table of a join", batches, disk_kb: f64::NAN, work_mem })
}

fn aggregate_hash(node: &PlanNode) -> Option<Spilled> {
    let own = (node.hash_aggregate_batches.unwrap_or(0.0), node.disk_kb.unwrap_or(0.0));
    let workers = node
        .workers
        .iter()
        .map(|worker| (worker.hash_aggregate_batches.unwrap_or(0.0), worker.disk_kb.unwrap_or(0.0)));
    let (batches, disk_kb) = workers.chain([own]).max_by(|one, other| one.1.total_cmp(&other.1))?;
    let work_mem = work_mem_for_disk(disk_kb + node.peak_memory_kb.unwrap_or(0.0));
    (disk_kb > 0.0 || batches > 1.0).then_some(Spilled {
        what: "the groups of an aggregate",
        batches,
        disk_kb,
        work_mem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::fixtures::{PlanFixture, changed, found};
    use aforo_model::database::Plan;

    #[test]
    fn a_join_in_batches_is_found() {
        let findings = found(run, &PlanFixture::read("hash-to-disk-hit"));
        assert_eq!(findings.len(), 1);
        let finding = &findings[0].finding;
        assert_eq!(
            finding.message,
            "the hash table of a join did not fit in memory and was split into 16 batches"
        );
        assert!(finding.remedy.contains("'32MB'"), "the near miss took 17 MB: {}", finding.remedy);
        assert!(!finding.numbers.contains_key("hash_disk_kb"), "joins do not tell");
    }

    #[test]
    fn an_aggregate_that_spills_is_found() {
        let findings = found(run, &PlanFixture::read("hash-to-disk-aggregate"));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].finding.message.starts_with("the groups of an aggregate"));
        assert!(findings[0].finding.remedy.contains("'64MB'"), "it took 31 MB: {findings:?}");
        let in_worker = changed(PlanFixture::read("sort-to-disk-parallel"), |plan| {
            plan.root.plans[0].workers[0].disk_kb = Some(100.0);
            plan.root.plans[0].workers[0].hash_aggregate_batches = Some(5.0);
        });
        assert_eq!(found(run, &in_worker)[0].finding.numbers["hash_batches"], 5.0);
    }

    #[test]
    fn one_batch_is_not() {
        assert_eq!(found(run, &PlanFixture::read("hash-to-disk-near-miss")), []);
        assert_eq!(found(run, &Plan::default()), []);
    }
}
