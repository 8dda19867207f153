//! One HTTP/1.1 connection.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use super::fault;
use super::incoming::{Incoming, Reply};
use super::outgoing::Outgoing;
use super::wire::Wire;
use crate::scenario::engine::exchange::RequestError;

/// What is read at once, in bytes: much more than the usual answer, which then takes one call into the kernel.
const READ_BYTES: usize = 64 << 10;

thread_local! {
    /// Where the users of a thread read to, one after the other. What a user needs of it longer than until it
    /// waits again, it copies.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// A connection that carries one exchange after the other.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    /// Whether it has served an exchange.
    has_served: bool,
}

/// An exchange that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: RequestError,
    /// How far the request came.
    pub(super) progress: Progress,
}

/// How far a request came before its exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// A connection that had served before was over when it was to take the request.
    NotSent,
    /// A connection that had served before ended without a byte of an answer.
    Stale,
    /// The server may have worked on it.
    Sent,
}

impl Connection {
    /// Begins HTTP on `wire`.
    pub(super) fn new(wire: Wire) -> Self {
        Self { wire, has_served: false }
    }

    /// Sends a request and reads the answer to its end. Afterwards the connection can carry another one, if
    /// the exchange succeeded and the answer says that it stays.
    pub(super) async fn exchange(
        &mut self,
        outgoing: &mut Outgoing,
        incoming: Incoming,
    ) -> Result<Reply, Failure> {
        let mut incoming = incoming;
        let mut sending = Sending::default();
        poll_fn(|context| {
            READ.with_borrow_mut(|buffer| {
                self.poll_exchange(context, buffer, outgoing, &mut sending, &mut incoming)
            })
        })
        .await?;
        self.has_served = true;
        let mut reply = incoming.into_reply();
        // The rest of a request whose answer came early is never sent.
        reply.head.is_persistent &= sending.is_done;
        Ok(reply)
    }

    fn poll_exchange(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
        outgoing: &mut Outgoing,
        sending: &mut Sending,
        incoming: &mut Incoming,
    ) -> Poll<Result<(), Failure>> {
        if self.has_served
            && !outgoing.has_begun()
            && let Poll::Ready(read) = self.wire.poll_read(context, buffer)
        {
            return Poll::Ready(Err(ended_idle(read, buffer)));
        }
        // Answered or not, reading goes on: a server may say why it takes no more.
        sending.poll(&mut self.wire, context, outgoing);
        loop {
            let outcome = match self.wire.poll_read(context, buffer) {
                Poll::Ready(Ok(0)) => incoming.end().map(|()| true),
                Poll::Ready(Ok(length)) => incoming.take(&buffer[..length]),
                Poll::Ready(Err(error)) => Err(fault::exchanging(&error, incoming.is_silent())),
                Poll::Pending => match sending.error.take() {
                    Some(error) => Err(fault::exchanging(&error, incoming.is_silent())),
                    None => return Poll::Pending,
                },
            };
            match outcome {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(error) => {
                    let is_stale = self.has_served && incoming.is_silent();
                    let progress = if is_stale { Progress::Stale } else { Progress::Sent };
                    return Poll::Ready(Err(Failure { error, progress }));
                }
            }
        }
    }
}

/// A connection was not silent while nothing was asked of it. What was said decides whether that is the failure of
/// the next request: a server may close an idle connection, and some say goodbye with an answer to nothing (408).
fn ended_idle(read: io::Result<usize>, buffer: &[u8]) -> Failure {
    match read {
        Ok(length @ 1..) if !buffer[..length].starts_with(b"HTTP/1.") => Failure {
            error: fault::malformed("bytes came that belong to no answer", &buffer[..length]),
            progress: Progress::Sent,
        },
        _ => Failure { error: fault::closed(true), progress: Progress::NotSent },
    }
}

/// How the sending goes.
#[derive(Debug, Default)]
struct Sending {
    is_done: bool,
    error: Option<io::Error>,
}

impl Sending {
    /// Sends as much as goes.
    fn poll(&mut self, wire: &mut Wire, context: &mut Context<'_>, outgoing: &mut Outgoing) {
        while !self.is_done && self.error.is_none() {
            let bytes = outgoing.next();
            let step = if bytes.is_empty() {
                wire.poll_flush(context).map_ok(|()| None)
            } else {
                wire.poll_write(context, bytes).map_ok(Some)
            };
            match step {
                Poll::Ready(Ok(Some(0))) => self.error = Some(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(Some(sent_bytes))) => outgoing.advance(sent_bytes),
                Poll::Ready(Ok(None)) => self.is_done = true,
                Poll::Ready(Err(error)) => self.error = Some(error),
                Poll::Pending => return,
            }
        }
    }
}
