//! `temp-files`
//!
//! **What:** statements that write temporary files.
//! **Why it hurts:** a sort or hash that does not fit `work_mem` goes to disk; it takes several times as long, and
//! concurrent calls compete for the disk.
//! **Threshold:** 1 MiB a call a warning, as a sort only spills when it outgrows `work_mem`, whose default is 4 MiB, and
//! less than a quarter of that is a rare spill among many calls. 100 MiB a call critical: the size from which
//! `log_temp_files` is commonly set to tell.
//! **Remedy:** an index that gives the order, fewer rows or columns, or more `work_mem` for the role that runs it.

use aforo_model::Finding;
use aforo_model::database::HotStatement;

use super::{postgres, title};
use crate::checks::{finding, graded};
use crate::wording::memory;

const CODE: &str = "temp-files";
/// Postgres as it is packaged has blocks of this size.
const BLOCK_BYTES: f64 = 8192.0;
const WARNING_BYTES: f64 = 1024.0 * 1024.0;
const CRITICAL_BYTES: f64 = 100.0 * WARNING_BYTES;

pub(super) fn find(statements: &[&HotStatement]) -> Vec<Finding> {
    statements.iter().filter_map(|statement| judge(statement)).collect()
}

fn judge(statement: &HotStatement) -> Option<Finding> {
    let bytes_per_call = statement.temp_blocks_per_call * BLOCK_BYTES;
    let severity = graded(bytes_per_call, WARNING_BYTES, CRITICAL_BYTES)?;
    Some(finding(
        CODE,
        postgres(),
        severity,
        format!(
            "{} writes {} of temporary files a call, over {} calls",
            title(statement.text.as_deref(), &statement.fingerprint),
            memory(bytes_per_call as u64),
            statement.counters.calls
        ),
        format!(
            "give its ORDER BY, GROUP BY or join an index, or read fewer rows; else let the role that runs it have more \
             memory: ALTER ROLE … SET work_mem = '{}MB'",
            work_mem_megabytes(bytes_per_call)
        ),
        &[
            ("temp_bytes_per_call", bytes_per_call),
            ("calls", statement.counters.calls as f64),
            ("mean_ms", statement.mean_ms),
        ],
    ))
}

/// Twice what went to disk, as memory holds rows less tightly than files, in a power of two; at most 1 GiB, as every
/// sort of every session may take it.
fn work_mem_megabytes(bytes_per_call: f64) -> u64 {
    let megabytes = (2.0 * bytes_per_call / WARNING_BYTES).clamp(8.0, 1024.0);
    (megabytes as u64).next_power_of_two().min(1024)
}
