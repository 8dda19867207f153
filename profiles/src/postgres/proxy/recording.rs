//! Where all connections leave what they recorded until somebody takes it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aforo_model::database::{StatementTrace, TracedParameter, TracedStatement};

use super::conversation::Recorded;

/// What is kept until it is taken. It holds some 200 000 statements of ordinary length; what does not fit is counted as
/// dropped, so that a target is never slowed down by a recording that nobody takes.
const BYTES_KEPT: usize = 64 * 1024 * 1024;

/// What a statement takes of the memory, about.
pub(super) fn weight(statement: &TracedStatement) -> usize {
    let parameter = |parameter: &TracedParameter| {
        size_of::<TracedParameter>() + parameter.text.as_ref().map_or(0, String::len)
    };
    let parameters: usize = statement.parameters.iter().map(parameter).sum();
    size_of::<TracedStatement>() + statement.text.len() + parameters
}

/// Statements of all connections. Its lock is held for as long as it takes to append to a list.
#[derive(Debug, Default)]
pub(super) struct Recording {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    statements: Vec<TracedStatement>,
    bytes: usize,
    dropped: u64,
    opened: u32,
    connections: BTreeMap<u32, Connection>,
}

#[derive(Debug)]
struct Connection {
    is_open: bool,
    is_readable: bool,
}

impl Recording {
    /// Counts a new connection and gives it its number.
    pub(super) fn open(&self) -> u32 {
        let mut kept = self.lock();
        let number = kept.opened;
        kept.opened = kept.opened.wrapping_add(1);
        kept.connections.insert(number, Connection { is_open: true, is_readable: true });
        number
    }

    pub(super) fn unreadable(&self, number: u32) {
        if let Some(connection) = self.lock().connections.get_mut(&number) {
            connection.is_readable = false;
        }
    }

    pub(super) fn close(&self, number: u32) {
        if let Some(connection) = self.lock().connections.get_mut(&number) {
            connection.is_open = false;
        }
    }

    pub(super) fn add(&self, recorded: Recorded) {
        if recorded.statements.is_empty() && recorded.dropped == 0 {
            return;
        }
        let mut kept = self.lock();
        kept.dropped += recorded.dropped;
        for statement in recorded.statements {
            let bytes = kept.bytes + weight(&statement);
            if bytes > BYTES_KEPT {
                kept.dropped += 1;
            } else {
                kept.bytes = bytes;
                kept.statements.push(statement);
            }
        }
    }

    /// Everything since the last time.
    pub(super) fn take(&self) -> StatementTrace {
        let mut kept = self.lock();
        let connections = kept.connections.len();
        let unreadable = kept.connections.values().filter(|connection| !connection.is_readable).count();
        kept.connections.retain(|_, connection| connection.is_open);
        kept.bytes = 0;
        StatementTrace {
            connections: u32::try_from(connections).unwrap_or(u32::MAX),
            statements: mem::take(&mut kept.statements),
            dropped: mem::take(&mut kept.dropped),
            unreadable: u32::try_from(unreadable).unwrap_or(u32::MAX),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(bytes: usize) -> TracedStatement {
        TracedStatement {
            connection: 0,
            at_s: 0.0,
            elapsed_s: None,
            text: "x".repeat(bytes).into(),
            is_text_cut: false,
            is_prepared: false,
            is_continuation: false,
            parameters: Vec::new(),
            commands: 1,
            rows: None,
            sqlstate: None,
            transaction_state: None,
        }
    }

    #[test]
    fn what_does_not_fit_is_counted_and_taking_makes_room() {
        let recording = Recording::default();
        let add = |bytes| recording.add(Recorded { statements: vec![statement(bytes)], dropped: 0 });
        for _ in 0..9 {
            add(BYTES_KEPT / 8);
        }
        let full = recording.take();
        assert_eq!((full.statements.len(), full.dropped), (7, 2));
        add(BYTES_KEPT / 8);
        let after = recording.take();
        assert_eq!((after.statements.len(), after.dropped), (1, 0));
    }

    #[test]
    fn connections_are_counted_while_they_are_open_and_once_more_when_they_closed() {
        let recording = Recording::default();
        let (first, second) = (recording.open(), recording.open());
        assert_eq!((first, second), (0, 1));
        recording.unreadable(first);
        recording.close(first);
        let trace = recording.take();
        assert_eq!((trace.connections, trace.unreadable), (2, 1));
        let trace = recording.take();
        assert_eq!((trace.connections, trace.unreadable), (1, 0));
    }
}
