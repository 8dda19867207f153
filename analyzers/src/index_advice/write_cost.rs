//! What an index costs those who write to its table: bytes of write-ahead log, the one figure of a write that does not depend on
//! the machine.

use aforo_model::database::{
    ColumnFacts, IndexMethod, IndexWriteCost, SlowedStatement, TableCounters, TableWrites, WritesCounted,
};
use aforo_sql::StatementKind;

use super::candidates::Candidate;
use super::relations::Relation;
use super::resolve::Resolved;
use super::size::{PAGE_BYTES, entry_bytes};
use super::workload::{IndexWorkload, WorkloadStatement};

/// A record of one B-tree insertion without its entry: header (24), block reference (20), and the place on the page with its
/// header (4).
const RECORD_BYTES: f64 = 48.0;

/// The pointer to an item on its page.
const ITEM_POINTER_BYTES: f64 = 4.0;

/// A GiST insertion also updates the entries above it now and then.
const GIST_FACTOR: f64 = 1.5;

/// BRIN writes only when a range of pages gets a new bound: about once in the rows of 128 pages, so nearly nothing.
const BRIN_BYTES: f64 = 1.0;

/// Write-ahead log for one new entry, without full-page images. A B-tree that is inserted into at random also splits pages, and
/// each split logs half a page: every entry about once more.
pub(crate) fn wal_bytes_per_entry(relation: &Relation<'_>, candidate: &Candidate) -> f64 {
    let columns: Vec<&ColumnFacts> =
        candidate.definition.columns().filter_map(|name| relation.column(name)).collect();
    let entry = entry_bytes(&columns, false);
    match candidate.definition.method {
        IndexMethod::Btree => {
            RECORD_BYTES + entry + (entry + ITEM_POINTER_BYTES) * split_ratio(relation, candidate)
        }
        IndexMethod::Gist => (RECORD_BYTES + entry) * GIST_FACTOR,
        IndexMethod::Brin => BRIN_BYTES,
    }
}

/// Values that only grow split the last page, which moves almost nothing.
fn split_ratio(relation: &Relation<'_>, candidate: &Candidate) -> f64 {
    let first = candidate.definition.keys.first().and_then(|key| relation.column(&key.name));
    let correlation =
        first.and_then(|facts| facts.statistics.as_ref()).and_then(|statistics| statistics.correlation);
    if correlation.is_some_and(|correlation| correlation > 0.99) { 0.0 } else { 1.0 }
}

/// A statement that writes to the table of an index, and how many rows got an entry.
pub(crate) struct Written<'s> {
    pub(crate) statement: &'s WorkloadStatement,
    /// Rows with a new entry.
    pub(crate) entries: f64,
    pub(crate) loses_hot: bool,
}

/// Which statements write entries of this index.
pub(crate) fn written<'s>(
    relation: &Relation<'_>,
    candidate: &Candidate,
    statements: impl Iterator<Item = (&'s WorkloadStatement, &'s Resolved)>,
) -> Vec<Written<'s>> {
    let writes = statements.filter_map(|(statement, resolved)| {
        let is_written = resolved
            .mentions
            .iter()
            .any(|mention| mention.relation == candidate.relation && mention.is_written);
        if !is_written || resolved.kind == StatementKind::Delete {
            // A deletion leaves entries to vacuum.
            return None;
        }
        if resolved.kind == StatementKind::Insert {
            return Some(Written {
                statement,
                entries: statement.rows * candidate.entry_ratio,
                loses_hot: false,
            });
        }
        let loses_hot = loses_hot(relation, candidate, resolved);
        let non_hot = if loses_hot { 1.0 } else { non_hot_ratio(relation.facts.counters.as_ref()) };
        Some(Written { statement, entries: statement.rows * non_hot * candidate.entry_ratio, loses_hot })
    });
    writes.filter(|write| write.entries > 0.0).collect()
}

/// Whether it sets a column of this index that no other index has: with any indexed column changed, an update is not HOT.
fn loses_hot(relation: &Relation<'_>, candidate: &Candidate, resolved: &Resolved) -> bool {
    let in_candidate = |column: &str| {
        candidate.definition.columns().any(|each| each == column)
            || candidate.condition.as_ref().is_some_and(|condition| condition.column == column)
    };
    let is_indexed = |column: &str| {
        relation.indexes.iter().any(|index| {
            index.keys.iter().any(|key| key.column.as_deref() == Some(column))
                || index.included.iter().any(|each| each == column)
                || index.predicate.as_ref().is_some_and(|predicate| predicate.contains(column))
        })
    };
    candidate.definition.method != IndexMethod::Brin
        && resolved.written_columns.iter().any(|column| in_candidate(column))
        && !resolved.written_columns.iter().any(|column| is_indexed(column))
}

fn non_hot_ratio(counters: Option<&TableCounters>) -> f64 {
    match counters {
        Some(counters) if counters.updates > 0 => {
            1.0 - (counters.hot_updates as f64 / counters.updates as f64).min(1.0)
        }
        _ => 1.0,
    }
}

/// What the planner's unit is to writes: one page of write-ahead log costs as one page read in sequence.
pub(crate) fn planner_cost(relation: &Relation<'_>, candidate: &Candidate, writes: &[Written<'_>]) -> f64 {
    let entries: f64 = writes.iter().map(|write| write.entries).sum();
    entries * wal_bytes_per_entry(relation, candidate) / PAGE_BYTES
}

/// Rows a second that get an entry in every index, and when they were counted: in the run itself, where it was watched. The server's own
/// counters began long before as a rule, with the time in which the data came in or nobody did anything.
fn rows_entered_per_s(relation: &Relation<'_>, workload: &IndexWorkload<'_>) -> Option<(f64, WritesCounted)> {
    // Of a partitioned table only the partitions are counted.
    let tables = || std::iter::once(relation.facts).chain(relation.partitions.iter().copied());
    if let Some(window) = workload.table_writes.filter(|window| window.elapsed_s > 0.0) {
        let rows = tables().filter_map(|table| window.tables.get(&table.oid)).map(|each| each.rows_entered());
        return Some((rows.sum::<u64>() as f64 / window.elapsed_s, WritesCounted::DuringRun));
    }
    let elapsed_s = workload.counters_elapsed_s.filter(|elapsed_s| *elapsed_s > 0.0)?;
    let rows = tables().filter_map(|table| table.counters.as_ref()).map(|counters| {
        let TableCounters { inserts, updates, hot_updates, .. } = *counters;
        TableWrites { inserts, updates, hot_updates }.rows_entered()
    });
    // Without any counter nothing is known.
    let rows = rows.reduce(u64::saturating_add)?;
    Some((rows as f64 / elapsed_s, WritesCounted::SinceReset))
}

/// All of it as a record.
pub(crate) fn write_cost(
    relation: &Relation<'_>,
    candidate: &Candidate,
    writes: &[Written<'_>],
    workload: &IndexWorkload<'_>,
) -> IndexWriteCost {
    let wal_bytes_per_entry = wal_bytes_per_entry(relation, candidate);
    let written = rows_entered_per_s(relation, workload);
    IndexWriteCost {
        wal_bytes_per_entry,
        entry_ratio: candidate.entry_ratio,
        entries_per_s: written.map(|(rows_per_s, _)| rows_per_s * candidate.entry_ratio),
        entries_counted: written.map(|(_, counted)| counted),
        slows: writes
            .iter()
            .map(|write| SlowedStatement {
                fingerprint: write.statement.fingerprint.clone(),
                rows: write.statement.rows,
                wal_bytes_per_row: wal_bytes_per_entry * write.entries / write.statement.rows.max(1.0),
                loses_hot: write.loses_hot,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
