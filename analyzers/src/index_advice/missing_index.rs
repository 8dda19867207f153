//! `missing-index`
//!
//! **What:** an index that the workload asks for, out of the advice.
//! **Why it hurts:** without it, statements read far more than they return.
//! **Threshold:** all that is advised, each of which lowers the cost of the workload by 0.3 % at least; by 10 % and more it is
//! critical. Source: Extend's default for the first; Aforo for the second. One that does less for the workload, but makes a
//! statement ten times cheaper by itself, is worth knowing of: such a statement may be a rare job that grows with its table.
//! **Remedy:** create it, and prove it: planner cost is no proof.

use std::collections::BTreeSet;

use aforo_model::database::{AdvisedIndex, CostSource, IndexAdvice, RejectedIndex, ServedStatement};
use aforo_model::{Finding, Severity, Subject};

use crate::checks::finding;

const CODE: &str = "missing-index";

/// From this share of the cost of the workload on it is critical.
const CRITICAL_RATIO: f64 = 0.10;

/// Calls of what it serves below which nothing is critical: what ran a few times may never run again.
const CRITICAL_CALLS: f64 = 10.0;
/// How many times cheaper an index makes a statement that it is worth knowing of although the workload gains little.
const NOTABLE_FACTOR: f64 = 10.0;

/// A finding for each advised index, in the order of the advice, and one for each statement that one of the others would
/// make far cheaper.
pub fn missing_index_findings(advice: &IndexAdvice) -> Vec<Finding> {
    let mut findings: Vec<Finding> = advice.indexes.iter().map(|index| missing(advice, index)).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for rejected in &advice.rejected {
        let Some(helped) = &rejected.helps_most else { continue };
        let factor = helped.cost_before / helped.cost_after.max(f64::MIN_POSITIVE);
        if factor >= NOTABLE_FACTOR && told.insert(&helped.fingerprint) {
            findings.push(notable(rejected, helped, factor));
        }
    }
    findings
}

fn notable(rejected: &RejectedIndex, helped: &ServedStatement, factor: f64) -> Finding {
    finding(
        CODE,
        Subject::Statement(helped.fingerprint.clone()),
        Severity::Info,
        format!(
            "index {} would make this statement {factor:.0} times cheaper by the estimate, though the workload hardly gains: {}",
            rejected.index, rejected.why
        ),
        "create it if the statement matters more than its calls, such as a job whose table grows".to_owned(),
        &[("cost_before", helped.cost_before), ("cost_after", helped.cost_after), ("calls", helped.calls)],
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
