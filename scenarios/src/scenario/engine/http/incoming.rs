//! An answer as it comes, in whatever pieces.

use super::chunked::Chunked;
use super::fault;
use super::head::{self, Framing, Head};
use crate::scenario::engine::exchange::RequestError;

/// The longest body that is read, in bytes. Thousands of users read at once.
pub(super) const MAX_BODY_BYTES: u64 = 64 << 20;
/// The most memory that is reserved for a body before it comes, in bytes.
const RESERVED_BYTES: usize = 1 << 20;
/// How much of a body is kept when it is not needed, in bytes: enough to quote it in a message.
const BEGINNING_BYTES: usize = 256;

/// An answer that is being read.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Whether it answers a `HEAD`.
    is_head: bool,
    /// How much of the body is kept.
    kept_bytes: usize,
    /// A head that came in several pieces, as far as it came.
    unfinished: Vec<u8>,
    head: Option<Head>,
    body: BodyState,
    kept: Vec<u8>,
    received_bytes: u64,
    /// Whether anything came, be it of the head only.
    has_begun: bool,
}

/// Where in the body the next bytes belong.
#[derive(Debug, Default)]
enum BodyState {
    /// Bytes that are still to come.
    Length(u64),
    Chunked(Chunked),
    #[default]
    Close,
}

/// An answer to its last byte.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) head: Head,
    /// The whole body, or its beginning where the rest is not needed.
    pub(super) body: Vec<u8>,
    /// Length of the whole body.
    pub(super) received_bytes: u64,
}

impl Incoming {
    /// An answer of which nothing has come. `is_head` says whether it answers a `HEAD`.
    pub(super) fn new(is_head: bool, keeps_body: bool) -> Self {
        let kept_bytes = if keeps_body { usize::MAX } else { BEGINNING_BYTES };
        Self { is_head, kept_bytes, ..Self::default() }
    }

    /// Whether not a byte has come.
    pub(super) fn is_silent(&self) -> bool {
        !self.has_begun
    }

    /// Takes what was read; whether the answer is complete now.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<bool, RequestError> {
        self.has_begun = true;
        while self.head.is_none() {
            match self.take_head(bytes)? {
                Some(body) => bytes = body,
                None => return Ok(false),
            }
        }
        self.take_body(bytes)
    }

    /// The connection has ended: the answer, if that makes it complete.
    pub(super) fn end(&mut self) -> Result<(), RequestError> {
        if self.head.is_some() && matches!(self.body, BodyState::Close) {
            Ok(())
        } else {
            Err(fault::closed(self.is_silent()))
        }
    }

    /// The answer, once it is complete.
    pub(super) fn into_reply(self) -> Reply {
        let head = self.head.unwrap_or_default();
        Reply { head, body: self.kept, received_bytes: self.received_bytes }
    }

    /// Reads a head, of which the first part may have come before; what follows it, or none when it is
    /// still not complete. The head of an interim answer leaves it open.
    fn take_head<'bytes>(&mut self, bytes: &'bytes [u8]) -> Result<Option<&'bytes [u8]>, RequestError> {
        let before = self.unfinished.len();
        // As a rule it comes in one piece, and is read where it lies.
        let whole = if before == 0 {
            bytes
        } else {
            self.unfinished.extend_from_slice(bytes);
            &self.unfinished
        };
        let parsed = head::parse(whole, self.is_head).map_err(|why| fault::malformed(&why, whole))?;
        let Some((head, length)) = parsed else {
            if before == 0 {
                self.unfinished.extend_from_slice(bytes);
            }
            return Ok(None);
        };
        self.unfinished = Vec::new();
        if !matches!(head.status, 100 | 102..=199) {
            self.begin_body(head)?;
        }
        // It ends in the new bytes, because those before were not all of it.
        Ok(Some(&bytes[length - before..]))
    }

    fn begin_body(&mut self, head: Head) -> Result<(), RequestError> {
        self.body = match head.framing {
            Framing::Length(length) if length > MAX_BODY_BYTES => {
                return Err(fault::too_large(MAX_BODY_BYTES));
            }
            Framing::Length(length) => {
                // No more than that on the word of a server alone.
                let expected = usize::try_from(length).unwrap_or(usize::MAX).min(RESERVED_BYTES);
                self.kept.reserve_exact(expected.min(self.kept_bytes));
                BodyState::Length(length)
            }
            Framing::Chunked => BodyState::Chunked(Chunked::default()),
            Framing::Close => BodyState::Close,
        };
        self.head = Some(head);
        Ok(())
    }

    fn take_body(&mut self, mut bytes: &[u8]) -> Result<bool, RequestError> {
        let is_complete = match &mut self.body {
            BodyState::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= length as u64;
                let is_complete = *left == 0;
                let (body, rest) = bytes.split_at(length);
                bytes = rest;
                self.keep(body)?;
                is_complete
            }
            BodyState::Chunked(_) => {
                bytes = self.take_chunks(bytes)?;
                matches!(&self.body, BodyState::Chunked(chunks) if chunks.is_done())
            }
            BodyState::Close => {
                self.keep(bytes)?;
                return Ok(false);
            }
        };
        if is_complete && !bytes.is_empty() {
            return Err(fault::malformed("more bytes came than it announced", &[]));
        }
        Ok(is_complete)
    }

    fn take_chunks<'bytes>(&mut self, mut bytes: &'bytes [u8]) -> Result<&'bytes [u8], RequestError> {
        loop {
            let BodyState::Chunked(chunks) = &mut self.body else { return Ok(bytes) };
            let (piece, rest) = chunks.next(bytes).map_err(|why| fault::malformed(why, &[]))?;
            bytes = rest;
            if piece.is_empty() {
                return Ok(bytes);
            }
            self.keep(piece)?;
        }
    }

    fn keep(&mut self, body: &[u8]) -> Result<(), RequestError> {
        self.received_bytes += body.len() as u64;
        if self.received_bytes > MAX_BODY_BYTES {
            return Err(fault::too_large(MAX_BODY_BYTES));
        }
        let room = self.kept_bytes - self.kept.len();
        self.kept.extend_from_slice(&body[..body.len().min(room)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]], keeps_body: bool) -> Result<Option<Reply>, RequestError> {
        let mut incoming = Incoming::new(false, keeps_body);
        for piece in pieces {
            if incoming.take(piece)? {
                return Ok(Some(incoming.into_reply()));
            }
        }
        Ok(None)
    }

    #[test]
    fn interim_answers_are_passed_over_and_a_change_of_protocol_is_not() {
        let text = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        let reply = read(&[text], true).unwrap().unwrap();
        assert_eq!((reply.head.status, reply.body.as_slice()), (200, b"ok".as_slice()));
        let reply = read(&[b"HTTP/1.1 101 Switching Protocols\r\n\r\n"], true).unwrap().unwrap();
        assert!(reply.head.status == 101 && !reply.head.is_persistent);
    }

    #[test]
    fn a_body_that_is_not_needed_is_counted_and_its_beginning_is_kept() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 2 * BEGINNING_BYTES + 1);
        let half = [b'x'; BEGINNING_BYTES];
        let reply = read(&[head.as_bytes(), &half, &half, b"y"], false).unwrap().unwrap();
        assert_eq!(
            (reply.body.as_slice(), reply.received_bytes),
            (half.as_slice(), 2 * BEGINNING_BYTES as u64 + 1)
        );
    }

    proptest! {
        #[test]
        fn an_answer_is_the_same_in_however_many_pieces_it_comes(
            body in prop::collection::vec(any::<u8>(), 0..100),
            is_chunked in any::<bool>(),
            cuts in prop::collection::vec(1usize..60, 1..10),
        ) {
            let mut text = if is_chunked {
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nset-cookie: a=b\r\n\r\n".to_vec()
            } else {
                format!("HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes()
            };
            if !is_chunked {
                text.extend_from_slice(&body);
            } else {
                for part in body.chunks(7) {
                    text.extend_from_slice(&[format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
                }
                text.extend_from_slice(b"0\r\n\r\n");
            }
            let (mut pieces, mut rest) = (Vec::new(), text.as_slice());
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, later) = rest.split_at(rest.len().min(*cut));
                pieces.push(piece);
                rest = later;
            }
            let reply = read(&pieces, true).unwrap().unwrap();
            prop_assert_eq!(reply.body, body);
            prop_assert_eq!(reply.head.cookies, ["a=b"]);
        }
    }
}
