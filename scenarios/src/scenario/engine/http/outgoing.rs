//! A request as bytes.

use std::io::Write;

use bytes::Bytes;
use http::HeaderValue;
use http::header::COOKIE;

use crate::scenario::engine::exchange::Request;

/// A body up to this size is put behind its head and sent in one piece, in bytes.
const TOGETHER_BYTES: usize = 16 << 10;

/// What is to be sent.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// The head, and a small body.
    head: Vec<u8>,
    /// A body that stands on its own.
    body: Bytes,
    sent_bytes: usize,
}

impl Outgoing {
    /// Becomes `request`, with this cookie unless the request brings its own. The memory of the one before
    /// is used again.
    pub(super) fn set(&mut self, request: &Request<'_>, cookie: Option<&HeaderValue>) {
        let head = &mut self.head;
        head.clear();
        head.extend_from_slice(request.method.as_str().as_bytes());
        head.push(b' ');
        head.extend_from_slice(request.path.as_str().as_bytes());
        head.extend_from_slice(b" HTTP/1.1\r\n");
        head.extend_from_slice(request.headers.lines());
        let mut line = |name: &[u8], value: &[u8]| {
            for part in [name, b": ", value, b"\r\n"] {
                head.extend_from_slice(part);
            }
        };
        let mut has_cookie = false;
        for (name, value) in &request.filled_headers {
            line(name.as_str().as_bytes(), value.as_bytes());
            has_cookie |= name == COOKIE;
        }
        if let Some(cookie) = cookie
            && !has_cookie
            && !request.headers.map().contains_key(COOKIE)
        {
            line(b"cookie", cookie.as_bytes());
        }
        if !request.body.is_empty() {
            write!(head, "content-length: {}\r\n", request.body.len()).expect("memory takes everything");
        }
        head.extend_from_slice(b"\r\n");
        self.body = Bytes::new();
        if request.body.len() <= TOGETHER_BYTES {
            head.extend_from_slice(&request.body);
        } else {
            self.body = request.body.clone();
        }
        self.sent_bytes = 0;
    }

    /// Begins again.
    pub(super) fn rewind(&mut self) {
        self.sent_bytes = 0;
    }

    /// Whether anything has been sent.
    pub(super) fn has_begun(&self) -> bool {
        self.sent_bytes > 0
    }

    /// The next bytes to be sent; none when everything was.
    pub(super) fn next(&self) -> &[u8] {
        match self.head.get(self.sent_bytes..) {
            Some(head @ [_, ..]) => head,
            _ => &self.body[self.sent_bytes - self.head.len()..],
        }
    }

    /// So many of those bytes have been sent.
    pub(super) fn advance(&mut self, sent_bytes: usize) {
        self.sent_bytes += sent_bytes;
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use http::header::{ACCEPT, HOST};
    use http::uri::PathAndQuery;
    use http::{HeaderMap, Method};

    use super::*;
    use crate::scenario::engine::exchange::FixedHeaders;

    fn request(body: &'static [u8]) -> Request<'static> {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("target"))]);
        Request {
            method: Method::PUT,
            path: PathAndQuery::from_static("/a?b"),
            headers: Cow::Owned(FixedHeaders::new(headers)),
            filled_headers: vec![(ACCEPT, HeaderValue::from_static("x"))],
            body: Bytes::from_static(body),
            keeps_body: false,
            follows_redirects: false,
        }
    }

    fn sent(outgoing: &mut Outgoing, at_once: usize) -> Vec<u8> {
        let mut sent = Vec::new();
        while !outgoing.next().is_empty() {
            let part = &outgoing.next()[..outgoing.next().len().min(at_once)];
            sent.extend_from_slice(part);
            outgoing.advance(part.len());
        }
        sent
    }

    #[test]
    fn a_request_is_the_same_in_however_many_pieces_it_is_sent() {
        let mut outgoing = Outgoing::default();
        let large: &'static [u8] = vec![b'x'; TOGETHER_BYTES + 1].leak();
        for body in [b"".as_slice(), b"body", large] {
            let length =
                if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
            let head = format!("PUT /a?b HTTP/1.1\r\nhost: target\r\naccept: x\r\n{length}\r\n");
            let whole = [head.as_bytes(), body].concat();
            outgoing.set(&request(body), None);
            for at_once in [1, 7, whole.len()] {
                assert!(!outgoing.has_begun());
                assert!(sent(&mut outgoing, at_once) == whole);
                outgoing.rewind();
            }
        }
    }

    #[test]
    fn the_cookies_of_the_jar_give_way_to_those_of_the_step() {
        let mut outgoing = Outgoing::default();
        let jar = HeaderValue::from_static("id=1");
        outgoing.set(&request(b""), Some(&jar));
        assert!(String::from_utf8_lossy(outgoing.next()).contains("\r\ncookie: id=1\r\n"));
        let mut own = request(b"");
        own.filled_headers.push((COOKIE, HeaderValue::from_static("id=2")));
        outgoing.set(&own, Some(&jar));
        assert!(String::from_utf8_lossy(outgoing.next()).ends_with("\r\ncookie: id=2\r\n\r\n"));
    }
}
