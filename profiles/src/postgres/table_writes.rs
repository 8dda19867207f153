//! Rows written to tables while load runs. Needs no right.
//!
//! Sessions tell the counters what they wrote when a transaction ends, at most once a second; what one wrote in its last second may
//! be missing.

use std::collections::BTreeMap;

use aforo_model::database::{Skipped, TableWriteWindow, TableWrites};
use serde::Deserialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::DatabaseError;
use super::session::Session;

const WHAT: &str = "the rows written to its tables";

const TABLES: &str = "SELECT relid::int8 AS oid, n_tup_ins AS inserts, n_tup_upd AS updates, \
    n_tup_hot_upd AS hot_updates FROM pg_catalog.pg_stat_user_tables";

#[derive(Deserialize)]
struct Row {
    oid: u32,
    #[serde(flatten)]
    writes: TableWrites,
}

/// The counters of every table at one moment.
#[derive(Debug)]
struct Reading {
    at: Instant,
    tables: BTreeMap<u32, TableWrites>,
}

/// Counts the rows written to the tables of one database. It costs the server two readings, each over a connection that ends with it.
#[derive(Debug)]
pub struct TableWriteWatch {
    url: String,
    first: Reading,
}

impl TableWriteWatch {
    /// Takes the first reading, so that what is written afterwards is counted.
    ///
    /// # Errors
    /// When the server is not reached or does not answer.
    pub async fn start(url: &str) -> Result<Self, DatabaseError> {
        Ok(Self { url: url.to_owned(), first: read(url).await? })
    }

    /// Waits for `stop`, and takes the second reading then.
    ///
    /// # Errors
    /// When the server is not reached or does not answer, and [`DatabaseError::Unreadable`] when its counters were reset meanwhile.
    pub async fn run_until(self, stop: CancellationToken) -> Result<TableWriteWindow, DatabaseError> {
        stop.cancelled().await;
        let last = read(&self.url).await?;
        between(&self.first, &last).ok_or_else(|| DatabaseError::Unreadable(was_reset()))
    }
}

async fn read(url: &str) -> Result<Reading, DatabaseError> {
    let mut session = Session::open(url).await?;
    let rows: Vec<Row> = session.values(WHAT, TABLES).await?;
    let at = Instant::now();
    session.close().await;
    Ok(Reading { at, tables: rows.into_iter().map(|row| (row.oid, row.writes)).collect() })
}

/// `None` where counters fell: they were reset between the two.
fn between(first: &Reading, last: &Reading) -> Option<TableWriteWindow> {
    let mut tables = BTreeMap::new();
    for (oid, writes) in &last.tables {
        let written = writes.since(first.tables.get(oid).copied().unwrap_or_default())?;
        if written != TableWrites::default() {
            tables.insert(*oid, written);
        }
    }
    Some(TableWriteWindow { elapsed_s: (last.at - first.at).as_secs_f64(), tables })
}

fn was_reset() -> Skipped {
    Skipped {
        what: "table-writes".to_owned(),
        why: "the counters of its tables were reset while the load ran".to_owned(),
        remedy: "run again without a reset of the statistics meanwhile".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn reading(at: Instant, tables: &[(u32, u64, u64)]) -> Reading {
        let writes = |inserts, updates| TableWrites { inserts, updates, hot_updates: 0 };
        Reading {
            at,
            tables: tables.iter().map(|(oid, inserts, updates)| (*oid, writes(*inserts, *updates))).collect(),
        }
    }

    #[test]
    fn only_what_was_written_in_between_counts() {
        let begun = Instant::now();
        let first = reading(begun, &[(1, 100, 5), (2, 7, 0), (4, 1, 1)]);
        let last = reading(begun + Duration::from_secs(10), &[(1, 130, 5), (2, 7, 0), (3, 2, 0)]);
        let window = between(&first, &last).unwrap();
        assert_eq!(window.elapsed_s, 10.0);
        let written: Vec<(u32, u64, u64)> =
            window.tables.iter().map(|(oid, writes)| (*oid, writes.inserts, writes.updates)).collect();
        assert_eq!(written, [(1, 30, 0), (3, 2, 0)], "table 4 was dropped, and its rows with it");
    }

    #[test]
    fn counters_that_fell_tell_nothing() {
        let begun = Instant::now();
        assert_eq!(between(&reading(begun, &[(1, 100, 5)]), &reading(begun, &[(1, 3, 0)])), None);
        let emptied = between(&reading(begun, &[(1, 100, 5)]), &reading(begun, &[(1, 0, 0)]));
        assert_eq!(emptied, None, "a reset leaves the table with nothing, not without a row");
        assert_eq!(between(&reading(begun, &[]), &reading(begun, &[])), Some(TableWriteWindow::default()));
    }
}
