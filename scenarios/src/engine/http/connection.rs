//! One HTTP/1.1 connection, driven by the exchange that waits for it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::driver::Driver;
use super::fault;
use super::wire::{Traffic, Wire};
use crate::engine::exchange::RequestError;

/// The longest body that is read, in bytes. Thousands of users read at once.
pub(super) const MAX_BODY_BYTES: usize = 64 << 20;
/// The largest buffer of a connection, in bytes, and so the largest head of an answer. hyper grows buffers to
/// 400 kB where answers are large; thousands of users would keep them.
const MAX_BUFFER_BYTES: usize = 64 << 10;

/// A connection and what moves it.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    traffic: Arc<Traffic>,
    /// Whether it has served an exchange.
    has_served: bool,
}

/// An answer to its last byte.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The whole body, or its first part where the rest is not needed.
    pub(super) body: Bytes,
    /// Length of the whole body.
    pub(super) received_bytes: u64,
    /// Whether the connection can be used again.
    pub(super) is_reusable: bool,
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
    pub(super) async fn begin(wire: Wire) -> Result<Self, RequestError> {
        let traffic = wire.traffic();
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(MAX_BUFFER_BYTES)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| fault::exchanging(&error, &traffic))?;
        Ok(Self { sender, driver: Driver::new(driver), traffic, has_served: false })
    }

    /// Sends `request` and reads the answer to its end; of the body, everything when `keeps_body`.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        keeps_body: bool,
    ) -> Result<Reply, Failure> {
        self.traffic.forget();
        let response = self.response(request).await?;
        self.has_served = true;
        let (head, body) = response.into_parts();
        let answered = |error| Failure { error, progress: Progress::Sent };
        let (body, received_bytes) = self.body(body, keeps_body).await.map_err(answered)?;
        let is_reusable = self.rest().map_err(answered)?;
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body, received_bytes, is_reusable })
    }

    async fn response(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let Self { sender, driver, traffic, has_served } = self;
        let mut response = pin!(sender.try_send_request(request));
        let failed = match driver.until(|context| response.as_mut().poll(context)).await {
            Some(Ok(response)) => return Ok(response),
            Some(Err(failed)) => failed,
            None => return Err(Failure { error: fault::closed(traffic), progress: Progress::Sent }),
        };
        let is_unsent = failed.message().is_some();
        // Some servers say goodbye to an idle connection with an answer to nothing (408). Anything else
        // between two exchanges is junk, and would be an error in the midst of one too.
        let is_junk = is_unsent && !traffic.is_silent() && !traffic.begins_as_answer();
        let error = if is_junk {
            fault::malformed("bytes came that belong to no answer", traffic)
        } else {
            fault::exchanging(failed.error(), traffic)
        };
        let progress = match (*has_served, is_unsent) {
            (false, _) => Progress::Sent,
            (true, true) if !is_junk => Progress::NotSent,
            (true, false) if traffic.is_silent() => Progress::Stale,
            (true, _) => Progress::Sent,
        };
        Err(Failure { error, progress })
    }

    async fn body(&mut self, mut body: Incoming, keeps_body: bool) -> Result<(Bytes, u64), RequestError> {
        let too_large = || fault::too_large(MAX_BODY_BYTES);
        let announced = body.size_hint().exact().unwrap_or(0);
        if announced > MAX_BODY_BYTES as u64 {
            return Err(too_large());
        }
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        let mut received_bytes = 0;
        loop {
            let frame = {
                let mut frame = body.frame();
                match self.driver.until(|context| Pin::new(&mut frame).poll(context)).await {
                    Some(Some(Ok(frame))) => frame,
                    Some(Some(Err(error))) => return Err(fault::exchanging(&error, &self.traffic)),
                    Some(None) => break,
                    None => return Err(fault::closed(&self.traffic)),
                }
            };
            // Trailers are read and left alone.
            let Ok(chunk) = frame.into_data() else { continue };
            if received_bytes == 0 {
                first = chunk.clone();
            } else if keeps_body {
                if whole.is_empty() {
                    whole.reserve(usize::try_from(announced).unwrap_or(0).max(first.len() + chunk.len()));
                    whole.extend_from_slice(&first);
                }
                whole.extend_from_slice(&chunk);
            }
            received_bytes += chunk.len() as u64;
            if received_bytes > MAX_BODY_BYTES as u64 {
                return Err(too_large());
            }
        }
        Ok((if whole.is_empty() { first } else { whole.freeze() }, received_bytes))
    }

    /// After an answer: whether the connection can carry another request. One that still has to send a part
    /// of the last one, whose answer came early, is not waited for.
    fn rest(&mut self) -> Result<bool, RequestError> {
        if !self.sender.is_ready() {
            self.driver.nudge();
        }
        match self.driver.end() {
            None => Ok(self.sender.is_ready()),
            Some(Err(error)) if fault::is_surplus(error) => {
                Err(fault::malformed("more bytes came than it announced", &self.traffic))
            }
            // The answer is complete; that the connection broke afterwards is no matter.
            Some(_) => Ok(false),
        }
    }
}
