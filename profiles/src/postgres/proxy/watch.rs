//! From one connection's bytes to the recording of all.

use std::hash::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::conversation::Conversation;
use super::framing::Unreadable;
use super::recording::Recording;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Host and port of the server.
    pub(super) upstream: (String, u16),
    pub(super) recording: Recording,
    /// Times are counted from here.
    pub(super) started_at: Instant,
    /// Makes digests comparable across connections, and meaningless elsewhere.
    pub(super) hasher: RandomState,
}

/// A connection that is counted, and counted as closed when this is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection {
    shared: Arc<Shared>,
    number: u32,
}

impl OpenConnection {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let number = shared.recording.open();
        Self { shared, number }
    }

    /// Its bytes go on unread.
    pub(super) fn is_unreadable(&self, why: &str) {
        self.shared.recording.unreadable(self.number);
        tracing::warn!(connection = self.number, why, "the proxy forwards a connection that it cannot read");
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.shared.recording.close(self.number);
    }
}

/// Looks at the bytes of one connection. Dropping it ends the connection's last statements.
#[derive(Debug)]
pub(super) struct Watch {
    conversation: Mutex<Conversation>,
    connection: OpenConnection,
}

impl Watch {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let hasher = shared.hasher.clone();
        let connection = OpenConnection::new(shared);
        Self { conversation: Mutex::new(Conversation::new(connection.number, hasher)), connection }
    }

    pub(super) fn client_sent(&self, piece: &[u8]) {
        self.look(|conversation, at_s| conversation.client_sent(piece, at_s));
    }

    pub(super) fn server_sent(&self, piece: &[u8]) {
        self.look(|conversation, at_s| conversation.server_sent(piece, at_s));
    }

    fn look(&self, look: impl FnOnce(&mut Conversation, f64) -> Result<(), Unreadable>) {
        let shared = &self.connection.shared;
        let mut conversation = self.lock();
        if let Err(Unreadable(why)) = look(&mut conversation, shared.started_at.elapsed().as_secs_f64()) {
            self.connection.is_unreadable(why);
        }
        shared.recording.add(conversation.take());
    }

    fn lock(&self) -> MutexGuard<'_, Conversation> {
        self.conversation.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut conversation = self.lock();
        conversation.end();
        self.connection.shared.recording.add(conversation.take());
    }
}
