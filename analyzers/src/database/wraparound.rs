//! Ids that run out unless tables are frozen.

use super::check::{CheckReading, judged, rising};

/// Source of both: `check_postgres` (`txn_wraparound`). There are two thousand million ids.
const WARNING_AGE: f64 = 1.3e9;
const CRITICAL_AGE: f64 = 1.4e9;

/// Judges how old the oldest id is that is not frozen. `ids` are of one kind (`transaction`, `multixact`), whose age of a table is
/// `table_age` in SQL.
pub(super) fn wraparound(age: u64, ids: &str, table_age: &str) -> CheckReading {
    let age = age as f64;
    judged(
        rising(age, WARNING_AGE, CRITICAL_AGE),
        format!("the oldest {ids} id that is not frozen is {:.0} million old", age / 1e6),
        format!(
            "end what holds vacuum back (long and prepared transactions, slots), then vacuum the oldest tables \
             first: SELECT oid::regclass, {table_age} FROM pg_class WHERE relkind IN ('r', 'm', 't') \
             ORDER BY 2 DESC LIMIT 10; and VACUUM (FREEZE, VERBOSE) each"
        ),
        &[("age", age)],
    )
}
