//! The seam to HTTP: whoever can exchange a request for an answer can carry load.

use std::borrow::Cow;
use std::future::Future;

use aforo_model::ErrorKind;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// A request, ready to be sent. What is the same every time is borrowed from the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request<'plan> {
    /// HTTP method.
    pub(crate) method: Method,
    /// The path with its query, that of the base URL included.
    pub(crate) path: PathAndQuery,
    /// Header fields that are the same every time, `host` included.
    pub(crate) headers: Cow<'plan, FixedHeaders>,
    /// Header fields that were filled in for this request.
    pub(crate) filled_headers: Vec<(HeaderName, HeaderValue)>,
    /// What is sent; empty for nothing.
    pub(crate) body: Bytes,
    /// Whether the answer's body is needed beyond its beginning.
    pub(crate) keeps_body: bool,
    /// Whether the client shall follow an answer that redirects. Not so where the step expects one.
    pub(crate) follows_redirects: bool,
}

impl Request<'_> {
    /// The same, with nothing borrowed from the plan.
    pub(crate) fn into_owned(self) -> Request<'static> {
        Request {
            method: self.method,
            path: self.path,
            headers: Cow::Owned(self.headers.into_owned()),
            filled_headers: self.filled_headers,
            body: self.body,
            keeps_body: self.keeps_body,
            follows_redirects: self.follows_redirects,
        }
    }
}

/// Header fields that are the same every time, and as they stand in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedHeaders {
    map: HeaderMap,
    lines: Vec<u8>,
}

impl FixedHeaders {
    /// Writes the fields as lines.
    pub(crate) fn new(map: HeaderMap) -> Self {
        let mut lines = Vec::new();
        for (name, value) in &map {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                lines.extend_from_slice(part);
            }
        }
        Self { map, lines }
    }

    /// The fields.
    pub(crate) fn map(&self) -> &HeaderMap {
        &self.map
    }

    /// The fields as lines, the end of the last one included.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body, unpacked; or only its beginning, when the request did not need it.
    pub(crate) body: Bytes,
    /// Body bytes that came over the network.
    pub(crate) received_bytes: u64,
}

/// There was no complete answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestError {
    /// Its kind: none of those that judge an answer.
    pub(crate) kind: ErrorKind,
    /// What happened, in one line, without the URL.
    pub(crate) message: String,
}

/// An HTTP client of one virtual user, with its cookies and connections.
pub(crate) trait Exchange {
    /// Sends a request and waits for the last byte of the answer. The caller takes the time.
    fn exchange(&mut self, request: Request<'_>)
    -> impl Future<Output = Result<Answer, RequestError>> + Send;
}
