//! Statements with the values that the application really gave them.

use std::fmt;
use std::sync::Arc;

use aforo_model::database::{StatementTrace, TracedParameter, TracedStatement};

use crate::plans::Draw;

/// One call of a statement, as a client sent it. It holds the user's data: it is asked with, never saved and never shown.
#[derive(Clone, PartialEq)]
pub struct KnownCall {
    /// Identity of the statement.
    pub fingerprint: String,
    /// As the client wrote it: what are constants to the program are constants here, too.
    pub text: Arc<str>,
    /// Values of `$1`, `$2`, …
    pub values: Draw,
    /// How long it took, seconds.
    pub elapsed_s: f64,
}

/// Without text and values.
impl fmt::Debug for KnownCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KnownCall").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// The calls of a trace of which text and every value are known: those that were prepared, ended well and can be read to the end.
/// What a program writes into the text itself may be anybody's data, and is left out.
pub fn known_calls(trace: &StatementTrace) -> impl Iterator<Item = KnownCall> + '_ {
    trace.statements.iter().filter_map(|statement| {
        let is_whole = statement.is_prepared
            && !statement.is_text_cut
            && !statement.is_continuation
            && statement.sqlstate.is_none();
        Some(KnownCall {
            values: is_whole.then(|| values(statement))??,
            fingerprint: aforo_sql::fingerprint(&statement.text).to_string(),
            text: Arc::clone(&statement.text),
            elapsed_s: statement.elapsed_s?,
        })
    })
}

fn values(statement: &TracedStatement) -> Option<Draw> {
    // Without a length it is `NULL`.
    let value = |parameter: &TracedParameter| match (&parameter.text, parameter.digest) {
        (Some(text), _) => Some(Some(text.clone())),
        (None, None) => Some(None),
        (None, Some(_)) => None,
    };
    statement.parameters.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ROOM, statement, trace};
    use super::*;

    fn known(statement: TracedStatement) -> Vec<KnownCall> {
        known_calls(&trace([statement])).collect()
    }

    #[test]
    fn a_prepared_call_is_known_with_its_values() {
        let call = &known(statement(ROOM, Some(7)))[0];
        assert_eq!((&*call.text, &call.values), (ROOM, &vec![Some("secret-7".to_owned())]));
        assert_eq!(call.fingerprint, aforo_sql::fingerprint(ROOM).to_string());
        assert!(!format!("{call:?}").contains("secret"));
        let mut null = statement(ROOM, Some(7));
        null.parameters[0] = TracedParameter { type_oid: None, bytes: None, text: None, digest: None };
        assert_eq!(known(null)[0].values, [None]);
    }

    #[test]
    fn what_is_known_in_part_only_is_left_out() {
        let mut unread = statement(ROOM, Some(7));
        unread.parameters[0].text = None;
        let cut = TracedStatement { is_text_cut: true, ..statement(ROOM, Some(7)) };
        let more = TracedStatement { is_continuation: true, ..statement(ROOM, Some(7)) };
        let failed = TracedStatement { sqlstate: Some("57014".to_owned()), ..statement(ROOM, Some(7)) };
        let in_the_text = statement("SELECT * FROM rooms WHERE id = 7", None);
        for other in [unread, cut, more, failed, in_the_text] {
            assert_eq!(known(other), []);
        }
    }
}
