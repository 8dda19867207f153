//! One connection's messages, both ways, turned into its statements. Pure: bytes and times in, statements out.
//!
//! The server answers in the order in which it was asked, so a queue of what was asked tells what an answer belongs to. After
//! an error in the extended protocol it skips everything up to the next `Sync`; so does this.

mod client;
mod server;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::hash::RandomState;
use std::mem;

use aforo_model::database::{TracedStatement, TransactionState};

use super::framing::{Framing, Unreadable};
use super::message::{self, CLIENT, SERVER, Text};
use super::names::Names;
use super::recording::weight;

/// The most that may be asked without an answer. Real pipelines have some thousand messages at most.
const EXPECTED_KEPT: usize = 65_536;

/// Statements held until their answer comes, in bytes. What does not fit is counted as dropped.
const PENDING_BYTES_KEPT: usize = 16 * 1024 * 1024;

/// Statements that wait for the state of the transaction after them, at most.
const ENDED_KEPT: usize = 1024;

/// The state of one connection, from the answer to its start-up message on.
#[derive(Debug)]
pub(super) struct Conversation {
    from_client: Framing,
    from_server: Framing,
    progress: Progress,
    is_readable: bool,
}

/// What was asked and not answered yet.
#[derive(Debug)]
enum Expected {
    Startup,
    Parse {
        text: Text,
        sent_at_s: f64,
    },
    Bind {
        text: Option<Text>,
        sent_at_s: f64,
    },
    /// By its name where it is a statement: the answer tells the types of its parameters.
    Describe(Option<Box<[u8]>>),
    Close,
    /// Absent where it is not recorded.
    Execute(Option<Box<TracedStatement>>),
    /// Absent where it is not recorded.
    Query(Option<Box<TracedStatement>>),
    FunctionCall,
    Sync,
    /// The end of copied data that was sent before the server asked for any. Has no answer.
    CopyEnd,
}

impl Expected {
    fn ends_with_ready(&self) -> bool {
        matches!(self, Self::Startup | Self::Query(_) | Self::FunctionCall | Self::Sync)
    }
}

#[derive(Debug)]
struct Progress {
    connection: u32,
    hasher: RandomState,
    names: Names,
    expected: VecDeque<Expected>,
    pending_bytes: usize,
    /// After an error in the extended protocol, until `Sync`.
    is_skipping: bool,
    /// While the server reads copied data: it ignores `Sync`.
    is_copying: bool,
    /// Rows since the latest command ended.
    data_rows: u64,
    /// When the latest statement ended.
    last_end_s: f64,
    /// Ended, and waiting for the state of the transaction after them.
    ended: Vec<TracedStatement>,
    recorded: Recorded,
}

/// What a conversation gave since it was last asked.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) statements: Vec<TracedStatement>,
    pub(super) dropped: u64,
}

impl Conversation {
    pub(super) fn new(connection: u32, hasher: RandomState) -> Self {
        Self {
            from_client: Framing::new(CLIENT),
            from_server: Framing::new(SERVER),
            progress: Progress {
                connection,
                hasher,
                names: Names::default(),
                expected: VecDeque::from([Expected::Startup]),
                pending_bytes: 0,
                is_skipping: false,
                is_copying: false,
                data_rows: 0,
                last_end_s: 0.0,
                ended: Vec::new(),
                recorded: Recorded::default(),
            },
            is_readable: true,
        }
    }

    /// Takes note of what the client sent.
    ///
    /// # Errors
    /// Once, when the stream stops making sense. Nothing is recorded from then on.
    pub(super) fn client_sent(&mut self, bytes: &[u8], at_s: f64) -> Result<(), Unreadable> {
        if !self.is_readable {
            return Ok(());
        }
        let progress = &mut self.progress;
        let read = self.from_client.read(bytes, |message| {
            let asked = message::from_client(&message).ok_or(Unreadable("a message that is too short"))?;
            progress.asked(asked, at_s)
        });
        self.give_up_on(read)
    }

    /// Takes note of what the server sent.
    ///
    /// # Errors
    /// As [`Conversation::client_sent`].
    pub(super) fn server_sent(&mut self, bytes: &[u8], at_s: f64) -> Result<(), Unreadable> {
        if !self.is_readable {
            return Ok(());
        }
        let progress = &mut self.progress;
        let read = self.from_server.read(bytes, |message| {
            let answer = message::from_server(&message).ok_or(Unreadable("a message that is too short"))?;
            progress.answered(answer, at_s)
        });
        self.give_up_on(read)
    }

    fn give_up_on(&mut self, read: Result<(), Unreadable>) -> Result<(), Unreadable> {
        if read.is_err() {
            self.is_readable = false;
            let pending = mem::take(&mut self.progress.expected);
            let unanswered = pending
                .iter()
                .filter(|expected| matches!(expected, Expected::Execute(_) | Expected::Query(_)))
                .count();
            self.progress.recorded.dropped += unanswered as u64;
            self.progress.settle(None);
        }
        read
    }

    /// The connection ended: what was asked gets no answer any more.
    pub(super) fn end(&mut self) {
        self.progress.settle(None);
        for expected in mem::take(&mut self.progress.expected) {
            if let Expected::Execute(Some(statement)) | Expected::Query(Some(statement)) = expected {
                self.progress.recorded.statements.push(*statement);
            }
        }
    }

    /// What was recorded since the last time.
    pub(super) fn take(&mut self) -> Recorded {
        mem::take(&mut self.progress.recorded)
    }
}

impl Progress {
    /// A statement of which nothing but its beginning is known.
    fn statement(&self, text: &Text, sent_at_s: f64) -> TracedStatement {
        TracedStatement {
            connection: self.connection,
            at_s: sent_at_s,
            elapsed_s: None,
            text: text.text.clone(),
            is_text_cut: text.is_cut,
            is_prepared: true,
            is_continuation: false,
            parameters: Vec::new(),
            commands: 0,
            rows: None,
            sqlstate: None,
            transaction_state: None,
        }
    }

    /// Makes room for a statement that waits for its answer; `None` where there is none.
    fn pending(&mut self, statement: TracedStatement) -> Option<Box<TracedStatement>> {
        let bytes = self.pending_bytes + weight(&statement);
        if bytes > PENDING_BYTES_KEPT {
            self.recorded.dropped += 1;
            return None;
        }
        self.pending_bytes = bytes;
        Some(Box::new(statement))
    }

    /// A statement has its answer; only the state of the transaction is still to come.
    fn end(&mut self, statement: Option<Box<TracedStatement>>, at_s: f64) {
        self.last_end_s = at_s;
        if let Some(statement) = statement {
            self.release(&statement);
            self.ended.push(*statement);
        }
        if self.ended.len() >= ENDED_KEPT {
            self.settle(None);
        }
    }

    fn release(&mut self, statement: &TracedStatement) {
        self.pending_bytes -= weight(statement);
    }

    /// What ended can be told, with the state of the transaction where the server told it.
    fn settle(&mut self, state: Option<TransactionState>) {
        self.recorded.statements.extend(self.ended.drain(..).map(|mut statement| {
            statement.transaction_state = state;
            statement
        }));
    }
}
