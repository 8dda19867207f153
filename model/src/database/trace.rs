//! Statements in the order in which a client sent them, as recorded between it and the server.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What clients sent to the server in one recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatementTrace {
    /// Client connections that were open at some time of the recording.
    pub connections: u32,
    /// Statements that ended in the recording, each connection's in the order in which it sent them.
    pub statements: Vec<TracedStatement>,
    /// Statements that ran and are not listed: the recording was full, or the text belonged to a name nobody saw prepared.
    pub dropped: u64,
    /// Connections, of those above, whose statements could not be read from some point on: encrypted, or no protocol of
    /// Postgres'.
    pub unreadable: u32,
}

/// One statement of one connection. A message of several statements, as the simple protocol allows, is one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TracedStatement {
    /// The connection, counted from 0 since the recorder was started.
    pub connection: u32,
    /// When it was sent, in seconds since the recorder was started.
    pub at_s: f64,
    /// From when it was sent, or from the end of the one before it where several were sent at once, until its end was
    /// told; absent where no answer came. The server answers statements that were sent together in one go, so that the time
    /// of all may show with the first.
    pub elapsed_s: Option<f64>,
    /// As the client wrote it, with `$n` for parameters.
    pub text: Arc<str>,
    /// Whether `text` is only the beginning of a long one.
    pub is_text_cut: bool,
    /// Whether text and parameters were sent apart (extended protocol), so that constants in `text` are the program's.
    pub is_prepared: bool,
    /// Whether it fetched further rows of a statement listed earlier, as a cursor does. It then has no parameters.
    pub is_continuation: bool,
    /// Values of `$1`, `$2`, …
    pub parameters: Vec<TracedParameter>,
    /// Commands that ended well: more than one where `text` is several statements, none where the only one failed.
    pub commands: u32,
    /// Rows returned or changed, over all its commands; absent where none of them counts rows.
    pub rows: Option<u64>,
    /// The error it ended with, as a code of five characters.
    pub sqlstate: Option<String>,
    /// The connection's state after it and all that was sent together with it; absent where no answer came.
    pub transaction_state: Option<TransactionState>,
}

/// One value given for `$n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TracedParameter {
    /// Oid of its type where the client or the server told it.
    pub type_oid: Option<u32>,
    /// Its length as sent; absent for `NULL`, and where the message was too long to be read to the end.
    pub bytes: Option<u64>,
    /// The value as Postgres writes it; absent where it is `NULL`, too long, in a binary form that is not understood, or
    /// masked.
    pub text: Option<String>,
    /// Equal for equal bytes within what one recorder recorded, and without meaning elsewhere: tells values apart that are
    /// not shown. Of a long value, its length and beginning count. Absent for `NULL`.
    pub digest: Option<u64>,
}

/// What the server said of a connection's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionState {
    /// None is open.
    Idle,
    /// One is open.
    Open,
    /// One is open, and after an error accepts nothing but its end.
    Failed,
}

impl StatementTrace {
    /// The same without the user's data, for what is saved or shown: no value of a parameter, and of each text what
    /// `normalized` makes of it, which must replace the constants.
    pub fn masked(&self, normalized: impl Fn(&str) -> String) -> Self {
        let statements = self.statements.iter().map(|statement| TracedStatement {
            text: normalized(&statement.text).into(),
            parameters: statement.parameters.iter().map(TracedParameter::masked).collect(),
            ..statement.clone()
        });
        Self { statements: statements.collect(), ..*self }
    }
}

impl TracedParameter {
    /// The same without the value.
    fn masked(&self) -> Self {
        Self { text: None, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> TracedStatement {
        TracedStatement {
            connection: 0,
            at_s: 1.5,
            elapsed_s: Some(0.25),
            text: "SELECT * FROM guests WHERE phone = $1 AND name = 'Ada'".into(),
            is_text_cut: false,
            is_prepared: true,
            is_continuation: false,
            parameters: vec![TracedParameter {
                type_oid: Some(25),
                bytes: Some(9),
                text: Some("555-01234".into()),
                digest: Some(7),
            }],
            commands: 1,
            rows: Some(1),
            sqlstate: None,
            transaction_state: Some(TransactionState::Idle),
        }
    }

    #[test]
    fn a_masked_trace_has_everything_but_the_users_data() {
        let trace =
            StatementTrace { connections: 1, statements: vec![statement()], dropped: 2, unreadable: 1 };
        let masked = trace.masked(|text| text.replace("'Ada'", "$2"));
        let saved = serde_json::to_string(&masked).unwrap();
        assert!(!saved.contains("555-01234") && !saved.contains("Ada"), "{saved}");
        let expected = TracedStatement {
            text: "SELECT * FROM guests WHERE phone = $1 AND name = $2".into(),
            parameters: vec![TracedParameter { text: None, ..trace.statements[0].parameters[0].clone() }],
            ..statement()
        };
        assert_eq!(masked, StatementTrace { statements: vec![expected], ..trace });
    }

    #[test]
    fn a_trace_survives_being_saved() {
        let trace = StatementTrace { statements: vec![statement()], ..StatementTrace::default() };
        let saved = serde_json::to_string(&trace).unwrap();
        assert_eq!(serde_json::from_str::<StatementTrace>(&saved).unwrap(), trace);
    }
}
