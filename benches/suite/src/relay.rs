//! A database further away: what is sent to it arrives a little later.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::prctl;

/// The system wakes a sleeper this late at most, in nanoseconds. Its usual 50 µs would be a tenth of what is simulated.
const TIMER_SLACK_NS: u64 = 1_000;
/// A question and an answer of the hotel fit into it.
const CHUNK_BYTES: usize = 64 * 1024;

/// Passes bytes between clients and a server, and holds back what clients send: each round trip takes `delay` longer, as over a
/// network. Answers pass at once, so that a long one is not slowed down for its length.
pub struct Relay {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Relay {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// If the system gives no port.
    pub fn start(server: SocketAddr, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A client that cannot be served sees its connection end.
                let _ = client.and_then(|client| connect(client, TcpStream::connect(server)?, delay));
            }
        });
        Ok(Self { address, stopped })
    }

    /// Where clients find the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Relay {
    /// Takes no more connections. Those there are end with either of their ends.
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

fn connect(client: TcpStream, server: TcpStream, delay: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (asking, asked) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pass(asking, asked, delay));
    thread::spawn(move || pass(server, client, Duration::ZERO));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    // Refused, the delay is a little longer, and what is measured with it as well.
    let _ = prctl::set_timerslack(TIMER_SLACK_NS);
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        thread::sleep(delay);
        if to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Answers with what it is sent, until the other side has enough.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut answer = client.try_clone().unwrap();
            io::copy(&mut client, &mut answer).unwrap();
            answer.shutdown(Shutdown::Both).unwrap();
        });
        address
    }

    #[test]
    fn what_is_sent_comes_back_unchanged_and_no_sooner_than_the_delay() {
        let delay = Duration::from_millis(20);
        let relay = Relay::start(echo(), delay).unwrap();
        let mut client = TcpStream::connect(relay.address()).unwrap();
        for question in [&b"one"[..], b"\0\xff two", b"three"] {
            let started = Instant::now();
            client.write_all(question).unwrap();
            let mut answer = vec![0; question.len()];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(answer, question);
            assert!(started.elapsed() >= delay);
        }
    }

    #[test]
    fn more_than_a_chunk_arrives_in_order_and_an_end_is_passed_on() {
        let relay = Relay::start(echo(), Duration::from_micros(100)).unwrap();
        let mut client = TcpStream::connect(relay.address()).unwrap();
        let sent: Vec<u8> = (0..3 * CHUNK_BYTES).map(|place| (place % 251) as u8).collect();
        let (mut writer, to_send) = (client.try_clone().unwrap(), sent.clone());
        let writing = thread::spawn(move || writer.write_all(&to_send).unwrap());
        let mut received = vec![0; sent.len()];
        client.read_exact(&mut received).unwrap();
        writing.join().unwrap();
        assert!(received == sent);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.read(&mut received).unwrap(), 0);
    }

    #[test]
    fn where_no_server_is_the_connection_ends() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let relay = Relay::start(free, Duration::ZERO).unwrap();
        let mut client = TcpStream::connect(relay.address()).unwrap();
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
}
