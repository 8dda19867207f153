//! Whether running a statement changes nothing.

use crate::functions::is_harmless_function;
use crate::{FunctionUse, Shape, StatementKind};

/// Why a statement is not proven to be read-only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// It is no query.
    #[error("it is no SELECT")]
    NotAQuery,
    /// A part of it writes, such as a `WITH` query or `INTO`.
    #[error("a part of it writes")]
    Writes,
    /// It locks the rows it reads, which holds up others.
    #[error("it locks the rows that it reads")]
    LocksRows,
    /// A part of it is not understood, and may call anything.
    #[error("a part of it is not understood")]
    UnknownParts,
    /// It calls a function that may do more than read.
    #[error("it calls {}(), which is not known to be harmless", function_name(.0))]
    Function(FunctionUse),
}

fn function_name(function: &FunctionUse) -> String {
    match &function.schema {
        Some(schema) => format!("{schema}.{}", function.name),
        None => function.name.clone(),
    }
}

/// Whether running a statement provably changes nothing: a plain query without row locks that calls only functions of
/// Postgres' own which are known to be harmless, or for which the caller vouches (`is_harmless`).
///
/// A transaction that is `READ ONLY` is no proof: Postgres still allows advisory locks, `pg_notify`, large objects and
/// `pg_terminate_backend` in it (measured on Postgres 15).
///
/// The text does not tell what is behind a view, a policy, an operator or a cast that a user defined, or whether a user
/// put a function of his own under a built-in name; who has the catalog has to look.
///
/// # Errors
///
/// The first reason found against it.
pub fn is_provably_read_only(
    shape: &Shape,
    is_harmless: impl Fn(&FunctionUse) -> bool,
) -> Result<(), WhyNot> {
    if shape.kind != StatementKind::Select {
        return Err(WhyNot::NotAQuery);
    }
    if shape.writes {
        return Err(WhyNot::Writes);
    }
    if shape.locks_rows {
        return Err(WhyNot::LocksRows);
    }
    if shape.has_unknown_parts {
        return Err(WhyNot::UnknownParts);
    }
    match shape.functions.iter().find(|function| !is_harmless_function(function) && !is_harmless(function)) {
        Some(function) => Err(WhyNot::Function(function.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
#[cfg(feature = "pg-query")]
mod tests {
    use super::{WhyNot, is_provably_read_only};
    use crate::{FunctionUse, describe};

    fn proof(text: &str) -> Result<(), WhyNot> {
        is_provably_read_only(&describe(text).unwrap(), |_| false)
    }

    fn refused_function(text: &str) -> String {
        match proof(text) {
            Err(WhyNot::Function(function)) => function.name,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn plain_queries_with_built_in_functions_are_proven() {
        for text in [
            "SELECT * FROM t WHERE a = $1",
            "VALUES (1), (2)",
            "WITH w AS (SELECT lower(a) FROM t) SELECT count(*), max(now()) FROM w",
            "SELECT pg_catalog.upper(a), EXTRACT(year FROM b), trim(c), a AT TIME ZONE 'UTC' FROM t",
            "SELECT jsonb_agg(x ORDER BY x), row_number() OVER (ORDER BY y) FROM generate_series(1, 3) AS g(x)",
        ] {
            assert_eq!(proof(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_writes_locks_or_is_no_query_is_refused() {
        for (text, reason) in [
            ("UPDATE t SET a = 1", WhyNot::NotAQuery),
            ("EXPLAIN ANALYZE SELECT 1", WhyNot::NotAQuery),
            ("COPY t TO STDOUT", WhyNot::NotAQuery),
            ("SELECT set_config('a', 'b', false)", WhyNot::NotAQuery),
            ("SELECT a INTO u FROM t", WhyNot::Writes),
            ("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", WhyNot::Writes),
            ("SELECT a FROM (SELECT a FROM t FOR SHARE) s", WhyNot::LocksRows),
            ("SELECT 1 OPERATOR(evil.+) 2", WhyNot::UnknownParts),
        ] {
            assert_eq!(proof(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_dangerous_function_is_found_wherever_it_hides() {
        for name in [
            "pg_advisory_lock",
            "pg_try_advisory_lock",
            "pg_notify",
            "pg_sleep",
            "nextval",
            "setval",
            "set_config",
            "lo_create",
            "lo_unlink",
            "pg_cancel_backend",
            "pg_terminate_backend",
            "pg_read_file",
            "dblink",
            "query_to_xml",
            "ts_stat",
            "pg_stat_reset",
            "pg_reload_conf",
            "pg_switch_wal",
            "txid_current",
            "my_function",
        ] {
            for text in [
                format!("SELECT {name}(1)"),
                format!("SELECT a FROM t WHERE b = {name}(a)"),
                format!("SELECT a FROM t ORDER BY CASE WHEN a THEN {name}(1) END"),
                format!("SELECT * FROM {name}(1) AS x"),
                format!("WITH w AS (SELECT pg_catalog.{name}(1)) SELECT * FROM w"),
                format!("SELECT a FROM t LIMIT (SELECT {name}(1))"),
                format!("SELECT sum(a) OVER (ORDER BY b ROWS {name}(1) PRECEDING) FROM t"),
                format!(
                    "SELECT ARRAY(SELECT {name}(1)), (t.{name}).x, ROW({name}(2)) FROM t WINDOW w AS (ORDER BY {name}(3))"
                ),
            ] {
                // `set_config` alone makes it a statement about the session, which is refused before.
                if proof(&text) != Err(WhyNot::NotAQuery) {
                    assert_eq!(refused_function(&text), name, "{text}");
                }
            }
        }
    }

    #[test]
    fn the_caller_may_vouch_for_a_function_and_no_schema_borrows_a_name() {
        let shape = describe("SELECT my.price(a) FROM t").unwrap();
        let price = FunctionUse { schema: Some("my".to_owned()), name: "price".to_owned() };
        assert_eq!(is_provably_read_only(&shape, |_| false), Err(WhyNot::Function(price.clone())));
        assert_eq!(is_provably_read_only(&shape, |function| *function == price), Ok(()));
        assert_eq!(refused_function("SELECT evil.lower(a) FROM t"), "lower");
        let reason = is_provably_read_only(&shape, |_| false).unwrap_err();
        assert_eq!(reason.to_string(), "it calls my.price(), which is not known to be harmless");
    }
}
