//! The target of the comparison: answers every HTTP/1.1 request with the same 200 bytes of JSON, on one thread.
//!
//! It must never be what limits a fast generator more than the kernel does, so it finds where requests end and
//! looks at nothing else. It prints its address, counts what it serves, and ends when its standard input is
//! closed; then it prints one line of JSON: `requests`, `connections`, `active_s`.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Bytes of the answer's body.
const BODY_BYTES: usize = 200;
/// What a body begins with; the rest is filled up.
const BODY_START: &str =
    r#"{"id":"R-1042","status":"open","room":"101","guest":"Ana Luz","nights":3,"total":"312.00","notes":""#;
/// Every user connects at once; a shorter queue would make some of them wait a second to try again.
const BACKLOG: u32 = 4_096;
/// More than this without the end of the headers is not a request.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// As many headers as any generator sends, and more.
const MAX_HEADERS: usize = 64;

/// What was served so far.
struct Tally {
    born: Instant,
    requests: AtomicU64,
    connections: AtomicU64,
    /// When the first and the last requests were answered, in µs since `born`.
    first_us: AtomicU64,
    last_us: AtomicU64,
}

impl Tally {
    fn new() -> Self {
        Self {
            born: Instant::now(),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            first_us: AtomicU64::new(u64::MAX),
            last_us: AtomicU64::new(0),
        }
    }

    fn add(&self, requests: u64) {
        let now_us = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.first_us.fetch_min(now_us, Relaxed);
        self.last_us.store(now_us, Relaxed);
        self.requests.fetch_add(requests, Relaxed);
    }

    fn to_json(&self) -> serde_json::Value {
        let active_us = self.last_us.load(Relaxed).saturating_sub(self.first_us.load(Relaxed));
        serde_json::json!({
            "requests": self.requests.load(Relaxed),
            "connections": self.connections.load(Relaxed),
            "active_s": active_us as f64 / 1e6,
        })
    }
}

/// Where requests end in a stream of bytes.
#[derive(Default)]
struct Boundaries {
    /// Bytes of the current request's body that are still to come.
    body_left: u64,
}

impl Boundaries {
    /// How many bytes of `received` belong to finished requests or to a body, and how many requests ended in
    /// them. What is not consumed is the beginning of a head and has to be given again with more behind it.
    fn find(&mut self, received: &[u8]) -> io::Result<(usize, u64)> {
        let (mut consumed, mut ended) = (0, 0);
        loop {
            let rest = &received[consumed..];
            if self.body_left > 0 {
                let taken = rest.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
                consumed += taken;
                self.body_left -= taken as u64;
                if self.body_left > 0 {
                    return Ok((consumed, ended));
                }
                ended += 1;
                continue;
            }
            let Some((head_bytes, body_bytes)) = head(rest)? else { return Ok((consumed, ended)) };
            consumed += head_bytes;
            self.body_left = body_bytes;
            ended += u64::from(body_bytes == 0);
        }
    }
}

/// The length of the head that `bytes` begin with, and of the body it announces; none while it is incomplete.
fn head(bytes: &[u8]) -> io::Result<Option<(usize, u64)>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let head_bytes = match request.parse(bytes).map_err(|error| invalid(error.to_string()))? {
        httparse::Status::Complete(head_bytes) => head_bytes,
        httparse::Status::Partial if bytes.len() > MAX_HEAD_BYTES => {
            return Err(invalid(format!("no end of the headers in {MAX_HEAD_BYTES} bytes")));
        }
        httparse::Status::Partial => return Ok(None),
    };
    let mut body_bytes = 0;
    for header in request.headers {
        if header.name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(invalid("chunked requests are not understood".to_owned()));
        }
        if header.name.eq_ignore_ascii_case("content-length") {
            body_bytes = std::str::from_utf8(header.value)
                .ok()
                .and_then(|value| value.trim().parse().ok())
                .ok_or_else(|| invalid("the content-length is no number".to_owned()))?;
        }
    }
    Ok(Some((head_bytes, body_bytes)))
}

/// The one answer: a JSON object of exactly [`BODY_BYTES`].
fn answer() -> Vec<u8> {
    let end = "\"}";
    let filling = ".".repeat(BODY_BYTES - BODY_START.len() - end.len());
    let body = format!("{BODY_START}{filling}{end}");
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {BODY_BYTES}\r\n\r\n{body}")
        .into_bytes()
}

/// Answers one connection until the client closes it or sends what is no request.
async fn serve(mut stream: TcpStream, answer: &[u8], tally: &Tally) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut boundaries = Boundaries::default();
    let mut received = Vec::with_capacity(4 * 1024);
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
        let (consumed, ended) = boundaries.find(&received)?;
        received.drain(..consumed);
        match ended {
            0 => continue,
            1 => stream.write_all(answer).await?,
            _ => {
                let count = usize::try_from(ended).map_err(io::Error::other)?;
                stream.write_all(&answer.repeat(count)).await?;
            }
        }
        tally.add(ended);
    }
}

/// Prints a line for the process that started this one, at once.
fn announce(line: impl std::fmt::Display) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = socket.listen(BACKLOG)?;
    announce(listener.local_addr()?)?;

    let tally = Arc::new(Tally::new());
    let answer: Arc<[u8]> = answer().into();
    let accepting = async {
        loop {
            let (stream, _) = listener.accept().await?;
            tally.connections.fetch_add(1, Relaxed);
            let (tally, answer) = (Arc::clone(&tally), Arc::clone(&answer));
            // A generator that ends its run resets its connections: nothing to report.
            tokio::spawn(async move { serve(stream, &answer, &tally).await.ok() });
        }
    };
    let mut input = tokio::io::stdin();
    let mut ignored = Vec::new();
    tokio::select! {
        outcome = accepting => outcome,
        read = input.read_to_end(&mut ignored) => {
            read?;
            announce(tally.to_json())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `bytes` in pieces of the given sizes, as a connection would, and counts the requests.
    fn requests_in(bytes: &[u8], sizes: &[usize]) -> io::Result<u64> {
        let mut boundaries = Boundaries::default();
        let (mut received, mut rest, mut requests) = (Vec::new(), bytes, 0);
        let mut sizes = sizes.iter().copied().cycle();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(sizes.next().unwrap().clamp(1, rest.len()));
            rest = after;
            received.extend_from_slice(piece);
            let (consumed, ended) = boundaries.find(&received)?;
            received.drain(..consumed);
            requests += ended;
        }
        Ok(requests)
    }

    const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    const POST: &str = "POST /a HTTP/1.1\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n";

    #[test]
    fn the_body_has_exactly_200_bytes_of_json() {
        let answer = String::from_utf8(answer()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.len(), 200);
        assert!(head.contains("content-length: 200"));
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(value["status"], "open");
    }

    #[test]
    fn a_body_that_looks_like_a_request_is_not_one() {
        assert_eq!(requests_in(POST.as_bytes(), &[usize::MAX]).unwrap(), 1);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(requests_in(b"\x16\x03\x01 hello \r\n\r\n", &[usize::MAX]).is_err());
        assert!(requests_in(b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", &[usize::MAX]).is_err());
        assert!(
            requests_in(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", &[usize::MAX]).is_err()
        );
        let endless = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(MAX_HEAD_BYTES));
        assert!(requests_in(endless.as_bytes(), &[usize::MAX]).is_err());
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_count(
            posts in prop::collection::vec(any::<bool>(), 0..20),
            sizes in prop::collection::vec(1_usize..70, 1..10),
        ) {
            let stream: String = posts.iter().map(|post| if *post { POST } else { GET }).collect();
            prop_assert_eq!(requests_in(stream.as_bytes(), &sizes).unwrap(), posts.len() as u64);
        }

        #[test]
        fn no_bytes_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            sizes in prop::collection::vec(1_usize..50, 1..5),
        ) {
            requests_in(&bytes, &sizes).ok();
        }

        #[test]
        fn a_content_length_of_any_size_is_survived(length in any::<u64>()) {
            let head = format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{GET}");
            prop_assert!(requests_in(head.as_bytes(), &[7]).is_ok());
        }
    }
}
