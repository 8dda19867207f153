//! A small HTTP server to load: on a free port, with the behaviour a test asks for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What every request is answered with.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) delay: Duration,
    /// Requests that take the delay: those whose path holds this. Nothing means all.
    pub(crate) delayed_path: &'static str,
}

impl Default for Answer {
    fn default() -> Self {
        Self { status: 200, delay: Duration::ZERO, delayed_path: "" }
    }
}

/// A server that runs as long as this value lives.
pub(crate) struct TestTarget {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    requests: Arc<AtomicU64>,
}

impl TestTarget {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Self {
            address: listener.local_addr().unwrap(),
            closed: Arc::new(AtomicBool::new(false)),
            requests: Arc::new(AtomicU64::new(0)),
        };
        let (closed, requests) = (target.closed.clone(), target.requests.clone());
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if closed.load(Ordering::SeqCst) {
                    // The listener is dropped here: from now on connections are refused.
                    return;
                }
                let (closed, requests) = (closed.clone(), requests.clone());
                std::thread::spawn(move || serve(connection, answer, &closed, &requests));
            }
        });
        target
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests answered so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Ends as a crashed process does: connections break, and new ones are refused.
    pub(crate) fn die(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
    }
}

impl Drop for TestTarget {
    fn drop(&mut self) {
        self.die();
    }
}

fn serve(connection: TcpStream, answer: Answer, closed: &AtomicBool, requests: &AtomicU64) {
    let Ok(mut output) = connection.try_clone() else { return };
    let mut input = BufReader::new(connection);
    while let Some(line) = read_request(&mut input) {
        if closed.load(Ordering::SeqCst) {
            return;
        }
        // Before the load a run asks once whether the target profiles itself. This one does not, and that is none of the load.
        if line.contains(" /debug/pprof") {
            let nothing = "HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n";
            if output.write_all(nothing.as_bytes()).is_err() {
                return;
            }
            continue;
        }
        if line.contains(answer.delayed_path) {
            std::thread::sleep(answer.delay);
        }
        let body = r#"{"ok":true,"code":"R-1"}"#;
        let head = format!(
            "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.status,
            body.len()
        );
        requests.fetch_add(1, Ordering::SeqCst);
        if output.write_all((head + body).as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request to the end of its body; gives its first line.
fn read_request(input: &mut impl BufRead) -> Option<String> {
    let mut length = 0;
    let mut first = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() && first.is_some() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        first.get_or_insert(line);
    }
    std::io::copy(&mut input.take(length), &mut std::io::sink()).ok()?;
    first
}
