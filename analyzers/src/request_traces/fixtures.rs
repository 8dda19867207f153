//! Traces to test with.

use aforo_model::database::{StatementTrace, TracedParameter, TracedStatement};

pub(super) const ROOM: &str = "SELECT * FROM rooms WHERE hotel_id = $1";
pub(super) const HOTELS: &str = "SELECT id FROM hotels LIMIT $1";

/// One execution with this value, half a millisecond long, of two rows.
pub(super) fn statement(text: &str, value: Option<u64>) -> TracedStatement {
    let parameter = |value: u64| TracedParameter {
        type_oid: Some(23),
        bytes: Some(4),
        text: Some(format!("secret-{value}")),
        digest: Some(value),
    };
    TracedStatement {
        connection: 0,
        at_s: 0.0,
        elapsed_s: Some(0.0005),
        text: text.into(),
        is_text_cut: false,
        is_prepared: value.is_some(),
        is_continuation: false,
        parameters: value.map(parameter).into_iter().collect(),
        commands: 1,
        rows: Some(2),
        sqlstate: None,
        transaction_state: None,
    }
}

pub(super) fn trace(statements: impl IntoIterator<Item = TracedStatement>) -> StatementTrace {
    StatementTrace {
        connections: 1,
        statements: statements.into_iter().collect(),
        ..StatementTrace::default()
    }
}

/// A list of hotels, each with its rooms, in a transaction.
pub(super) fn lazy(hotels: u64) -> StatementTrace {
    let rooms = (1..=hotels).map(|id| statement(ROOM, Some(id)));
    let list = [statement("BEGIN", None), statement(HOTELS, Some(99))];
    trace(list.into_iter().chain(rooms).chain([statement("COMMIT", None)]))
}
