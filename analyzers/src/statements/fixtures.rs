//! Windows of statements to test with.

use aforo_model::database::{StatementCounters, StatementDelta, StatementKey, StatementWindow};

/// One row: role, text, calls, time.
pub(super) fn row(role_oid: u32, text: &str, calls: u64, exec_time_ms: f64) -> StatementDelta {
    // Postgres gives each spelling of a statement an identity of its own.
    let query_id = text.bytes().fold(7i64, |id, byte| id.wrapping_mul(31).wrapping_add(i64::from(byte)));
    StatementDelta {
        key: StatementKey { role_oid, database_oid: 5, query_id, is_top_level: true },
        text: Some(text.to_owned()),
        counters: StatementCounters { calls, exec_time_ms, rows: calls, ..Default::default() },
    }
}

/// A minute with these rows.
pub(super) fn window(statements: Vec<StatementDelta>) -> StatementWindow {
    StatementWindow {
        from: None,
        to: Default::default(),
        elapsed_s: Some(60.0),
        statements,
        gaps: Vec::new(),
        tracks_nested: true,
    }
}
