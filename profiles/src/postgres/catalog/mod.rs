//! Tables, indexes, constraints, sequences and functions, each by one statement for all of them.
//!
//! Needs no right but for the planner's statistics and the values of sequences (`SELECT` on the table or sequence).
//! Takes no lock above ACCESS SHARE. A table that somebody holds, or waits for, with ACCESS EXCLUSIVE would keep the
//! reading waiting; it is left out with all that belongs to it, and named.

mod columns;
mod constraints;
mod functions;
mod indexes;
mod sequences;
mod tables;

use aforo_model::database::{Catalog, Skipped};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;

/// `WITH` query `scope`: the tables to report, with oid, schema and name. Put in front of each statement.
pub(super) const SCOPE: &str = "WITH locked AS MATERIALIZED ( \
        SELECT DISTINCT COALESCE(i.indrelid, l.relation) AS oid \
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = l.relation \
        WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' \
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())), \
    tables AS MATERIALIZED ( \
        SELECT c.oid, n.nspname, c.relname, c.oid IN (SELECT oid FROM locked) AS is_locked \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
        AND n.nspname !~ '^pg_(toast|temp)'), \
    scope AS MATERIALIZED (SELECT oid, nspname, relname FROM tables WHERE NOT is_locked) ";

/// Since when tables and indexes are counted.
const COUNTERS_SINCE: &str = "SELECT stats_reset AS since FROM pg_catalog.pg_stat_database \
    WHERE datname = current_database()";

const LOCKED: &str =
    "SELECT format('%I.%I', nspname, relname) AS name FROM tables WHERE is_locked ORDER BY 1";

#[derive(Deserialize)]
struct Since {
    since: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// Reads the catalog, and adds to `skipped` what is not in it.
pub(super) async fn read(
    session: &mut Session,
    rights: &Rights,
    skipped: &mut Vec<Skipped>,
) -> Result<Catalog, DatabaseError> {
    let locked: Vec<Name> = session.values("which tables are locked", &format!("{SCOPE}{LOCKED}")).await?;
    if !locked.is_empty() {
        let names: Vec<String> = locked.into_iter().map(|table| table.name).collect();
        skipped.push(Skipped {
            what: "locked-tables".to_owned(),
            why: format!("another session holds, or waits for, an exclusive lock on {}", named(&names)),
            remedy: "read again when the lock is gone".to_owned(),
        });
    }
    let mut tables = tables::read(session).await?;
    skipped.extend(columns::read(session, rights, &mut tables).await?);
    let indexes = indexes::read(session).await?;
    let constraints = constraints::read(session).await?;
    let (sequences, unread) = sequences::read(session, rights).await?;
    skipped.extend(unread);
    let functions = functions::read(session).await?;
    let Since { since } = session.value("since when it counts", COUNTERS_SINCE).await?;
    Ok(Catalog { tables, indexes, constraints, sequences, functions, counters_since: since })
}

/// The first few of many names.
fn named(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn of_many_names_the_first_are_named_and_the_rest_counted() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(named(&names), "a, b, c and 2 more");
        assert_eq!(named(&names[..3]), "a, b, c");
    }
}
