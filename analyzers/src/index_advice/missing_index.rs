//! `missing-index`
//!
//! **What:** an index that the workload asks for, out of the advice.
//! **Why it hurts:** without it, statements read far more than they return.
//! **Threshold:** all that is advised, each of which lowers the cost of the workload by 0.3 % at least; by 10 % and more it is
//! critical. Source: Extend's default for the first; Aforo for the second. One that does less for the workload, but makes a
//! statement ten times cheaper by itself, is worth knowing of: such a statement may be a rare job that grows with its table. So is
//! one that makes a statement cheaper whose calls seldom give a row and touch twice the blocks that a look-up needs: it looks through
//! rows for nothing, and the more there are of them the longer it takes.
//! **Remedy:** create it, and prove it: planner cost is no proof.

use std::collections::BTreeSet;

use aforo_model::database::{AdvisedIndex, CostSource, IndexAdvice, RejectedIndex, ServedStatement};
use aforo_model::{Finding, Severity, Subject};

use crate::checks::finding;
use crate::statements::StatementGroup;

const CODE: &str = "missing-index";

/// From this share of the cost of the workload on it is critical.
const CRITICAL_RATIO: f64 = 0.10;

/// Calls of what it serves below which nothing is critical: what ran a few times may never run again.
const CRITICAL_CALLS: f64 = 10.0;
/// How many times cheaper an index makes a statement that it is worth knowing of although the workload gains little.
const NOTABLE_FACTOR: f64 = 10.0;

/// The same for a statement that looks through rows for nothing: so little that the estimate alone would not carry it.
const NOTABLE_FACTOR_FOR_NOTHING: f64 = 1.05;

/// Rows for each call below which a statement mostly gives nothing.
const SELDOM_ROWS: f64 = 0.5;

/// A finding for each advised index, in the order of the advice, and one for each statement that one of the others would
/// make far cheaper. `groups` are the statements that the advice was made for.
pub fn missing_index_findings(advice: &IndexAdvice, groups: &[StatementGroup]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = advice.indexes.iter().map(|index| missing(advice, index)).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (rejected, helped) in by_factor(&advice.rejected) {
        let group = groups.iter().find(|group| group.fingerprint == helped.fingerprint);
        let blocks = group.and_then(blocks_for_nothing);
        let least = if blocks.is_some() { NOTABLE_FACTOR_FOR_NOTHING } else { NOTABLE_FACTOR };
        if factor(helped) >= least && told.insert(&helped.fingerprint) {
            findings.push(notable(rejected, helped, blocks));
        }
    }
    findings
}

/// What was turned down with the statement that it would help most, the greatest help first.
fn by_factor(rejected: &[RejectedIndex]) -> Vec<(&RejectedIndex, &ServedStatement)> {
    let mut helpful: Vec<_> =
        rejected.iter().filter_map(|each| Some((each, each.helps_most.as_ref()?))).collect();
    helpful.sort_by(|(_, one), (_, other)| factor(other).total_cmp(&factor(one)));
    helpful
}

fn factor(helped: &ServedStatement) -> f64 {
    helped.cost_before / helped.cost_after.max(f64::MIN_POSITIVE)
}

/// Blocks that each call touches of a statement that seldom gives a row.
fn blocks_for_nothing(group: &StatementGroup) -> Option<f64> {
    let counters = &group.counters;
    let calls = (counters.calls as f64).max(1.0);
    let blocks = (counters.shared_hit_blocks as f64 + counters.shared_read_blocks as f64) / calls;
    (counters.rows as f64 / calls < SELDOM_ROWS).then_some(blocks)
}

fn notable(rejected: &RejectedIndex, helped: &ServedStatement, blocks_for_nothing: Option<f64>) -> Finding {
    let factor = factor(helped);
    let (why, blocks) = match blocks_for_nothing {
        Some(blocks) => (
            format!(
                "each call of this statement touches {blocks:.0} blocks and seldom gives a row; index {} would make it {factor:.1} times \
                 cheaper by the estimate, though the workload hardly gains",
                rejected.index
            ),
            blocks,
        ),
        None => (
            format!(
                "index {} would make this statement {factor:.0} times cheaper by the estimate, though the workload hardly gains: {}",
                rejected.index, rejected.why
            ),
            f64::NAN,
        ),
    };
    finding(
        CODE,
        Subject::Statement(helped.fingerprint.clone()),
        Severity::Info,
        why,
        format!(
            "CREATE INDEX CONCURRENTLY ON {}; worth it if the statement matters more than its calls, such as a job whose table grows",
            rejected.index.target()
        ),
        &[
            ("cost_before", helped.cost_before),
            ("cost_after", helped.cost_after),
            ("calls", helped.calls),
            ("blocks_per_call", blocks),
        ],
    )
}

fn missing(advice: &IndexAdvice, advised: &AdvisedIndex) -> Finding {
    let gain = advised.workload_cost_before - advised.workload_cost_after;
    // One that the planner could not be asked about gains what its statements do, as far as it is known: nothing.
    let ratio = gain / advice.workload_cost_before.max(f64::MIN_POSITIVE);
    let calls: f64 = advised.serves.iter().map(|served| served.calls).sum();
    let is_critical = ratio >= CRITICAL_RATIO && calls >= CRITICAL_CALLS;
    let severity = if is_critical { Severity::Critical } else { Severity::Warning };
    let by = match advised.costed_by {
        CostSource::Hypopg => "by the planner's estimate",
        CostSource::Statistics => "estimated by statistics",
    };
    let served = advised.serves.len();
    let statements = if served == 1 { "1 statement".to_owned() } else { format!("{served} statements") };
    let table = &advised.index.table;
    finding(
        CODE,
        Subject::Part(format!("table {}.{}", table.schema, table.name)),
        severity,
        format!(
            "index {} would serve {statements} and make the workload {:.1} % cheaper ({by}), at {:.1} MiB and {:.0} bytes of write-ahead log for each entry",
            advised.index,
            ratio * 100.0,
            advised.size_bytes as f64 / 1024.0 / 1024.0,
            advised.write_cost.wal_bytes_per_entry
        ),
        advised.create_sql.clone(),
        &[
            ("cost_gain_ratio", ratio),
            ("size_bytes", advised.size_bytes as f64),
            ("wal_bytes_per_entry", advised.write_cost.wal_bytes_per_entry),
            ("statement_count", served as f64),
        ],
    )
}
