//! The seam to HTTP: whoever can exchange a request for an answer can carry load.

use std::future::Future;
use std::time::Duration;

use aforo_model::{ErrorKind, Method};

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// HTTP method.
    pub(crate) method: Method,
    /// The whole URL.
    pub(crate) url: String,
    /// Header fields.
    pub(crate) headers: Vec<(String, String)>,
    /// What is sent, if anything.
    pub(crate) body: Option<String>,
    /// How long it may take until the answer is complete.
    pub(crate) timeout: Duration,
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The whole body, decompressed.
    pub(crate) body: Vec<u8>,
}

/// There was no complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestError {
    /// [`ErrorKind::Timeout`] or [`ErrorKind::Connection`].
    pub(crate) kind: ErrorKind,
    /// What happened, in one line, without the URL.
    pub(crate) message: String,
}

/// An HTTP client of one virtual user, with its cookies and connections.
pub(crate) trait Exchange {
    /// Sends a request and waits for the last byte of the answer. The caller takes the time.
    fn exchange(&mut self, request: Request) -> impl Future<Output = Result<Answer, RequestError>> + Send;
}
