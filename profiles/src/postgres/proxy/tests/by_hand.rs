//! What no client library does on request, written by hand.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::postgres::proxy::wire::{
    bind, copy_data, copy_done, describe_statement, execute, parse, query, sync,
};

/// Code of a request for encryption, after its length.
const ENCRYPT: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// Length and code of a request to cancel.
const CANCEL: [u8; 8] = [0, 0, 0, 16, 4, 210, 22, 46];
/// Version 3.0 of the protocol.
const VERSION: [u8; 4] = [0, 3, 0, 0];

/// Host and port, and the user, of a URL like `postgres://user@host:port/database`.
fn parts(url: &str) -> (&str, &str) {
    let (user, rest) = url.strip_prefix("postgres://").unwrap().split_once('@').unwrap();
    (rest.split('/').next().unwrap(), user)
}

/// A session without a client library.
struct Session {
    stream: TcpStream,
    cancel_key: Vec<u8>,
}

impl Session {
    async fn start(url: &str) -> Self {
        let (address, user) = parts(url);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&ENCRYPT).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'N', "nothing is encrypted");
        let settings = format!("user\0{user}\0database\0{user}\0\0");
        let length = u32::try_from(8 + settings.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length, &VERSION, settings.as_bytes()].concat()).await.unwrap();
        let mut session = Self { stream, cancel_key: Vec::new() };
        session.until_ready(1).await;
        session
    }

    /// The kinds of the messages that come until the server was ready so many times.
    async fn until_ready(&mut self, mut times: u32) -> String {
        let mut kinds = String::new();
        while times > 0 {
            let kind = timeout(LIMIT, self.stream.read_u8()).await.unwrap().unwrap();
            let length = self.stream.read_u32().await.unwrap();
            let mut body = vec![0; length as usize - 4];
            self.stream.read_exact(&mut body).await.unwrap();
            match kind {
                b'K' => self.cancel_key = body,
                b'Z' => times -= 1,
                _ => {}
            }
            kinds.push(kind.into());
        }
        kinds
    }

    async fn send(&mut self, messages: &[Vec<u8>]) {
        self.stream.write_all(&messages.concat()).await.unwrap();
    }
}

pub(super) async fn pipelines_cursors_and_copies_are_understood_as_the_server_does(url: &str) {
    let proxy = proxy(url).await;
    let mut session = Session::start(&proxy.url).await;
    let by_id = |id: &str| [bind("", "by_id", &[id]), execute("", 0)].concat();
    let copy = || [parse("", "COPY copied FROM STDIN", &[]), bind("", "", &[]), execute("", 0)].concat();
    session
        .send(&[
            query("CREATE TEMPORARY TABLE copied (id int)"),
            // An N+1 in one pipeline.
            parse("by_id", "SELECT name FROM rooms WHERE id = $1", &[]),
            describe_statement("by_id"),
            [by_id("1"), by_id("2"), by_id("3"), sync()].concat(),
            // One that fails in the middle.
            [by_id("1"), by_id("x"), by_id("3"), query("SELECT 'skipped'"), sync()].concat(),
            // A portal fetched in parts.
            query("BEGIN"),
            [parse("", "SELECT generate_series(1, 5)", &[]), bind("c", "", &[]), execute("c", 2)].concat(),
            [execute("c", 2), execute("c", 2), sync()].concat(),
            query("COMMIT"),
            // Data sent before the server asks for it.
            [copy(), copy_data("1\n"), sync(), copy_data("2\n"), copy_done(), sync()].concat(),
            query("SELECT count(*) FROM copied"),
        ])
        .await;
    let kinds = session.until_ready(8).await;
    assert!(kinds.ends_with("2GCZTDCZ"), "{kinds}");
    let trace = proxy.take();
    let by_id = "SELECT name FROM rooms WHERE id = $1";
    let series = "SELECT generate_series(1, 5)";
    let expected = [
        ("CREATE TEMPORARY TABLE copied (id int)", None, None),
        (by_id, Some(1), None),
        (by_id, Some(1), None),
        (by_id, Some(1), None),
        (by_id, Some(1), None),
        (by_id, None, Some("22P02")),
        ("BEGIN", None, None),
        (series, Some(2), None),
        (series, Some(2), None),
        (series, Some(1), None),
        ("COMMIT", None, None),
        ("COPY copied FROM STDIN", Some(2), None),
        ("SELECT count(*) FROM copied", Some(1), None),
    ];
    let recorded = trace
        .statements
        .iter()
        .map(|statement| (&*statement.text, statement.rows, statement.sqlstate.as_deref()));
    assert_eq!(recorded.collect::<Vec<_>>(), expected);
    let continued = trace.statements.iter().filter(|statement| statement.is_continuation);
    assert_eq!(continued.count(), 2);
    assert_eq!(trace.statements[5].parameters, [], "it was refused before it was bound");
    assert_eq!((trace.connections, trace.dropped, trace.unreadable), (1, 0, 0));
}

pub(super) async fn a_statement_can_be_cancelled_through_the_proxy(url: &str) {
    let proxy = proxy(url).await;
    let mut session = Session::start(&proxy.url).await;
    session.send(&[query("SELECT pg_sleep(600)")]).await;
    let mut observer = PgConnection::connect(url).await.unwrap();
    until_sleeping(&mut observer).await;

    let mut cancel = TcpStream::connect(parts(&proxy.url).0).await.unwrap();
    cancel.write_all(&[&CANCEL, &session.cancel_key[..]].concat()).await.unwrap();
    assert_eq!(cancel.read(&mut [0]).await.unwrap(), 0, "no answer but the end");
    session.until_ready(1).await;
    let trace = proxy.take();
    assert_eq!(trace.statements[0].sqlstate.as_deref(), Some("57014"));
    assert_eq!(trace.connections, 1, "a request to cancel is no session");
}

pub(super) async fn garbage_is_passed_on_and_counted(url: &str) {
    let proxy = proxy(url).await;
    let mut client = TcpStream::connect(parts(&proxy.url).0).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // What Postgres says to that, and how the connection ends, depends on its version; that it ends does not.
    let _ = timeout(LIMIT, client.read_to_end(&mut Vec::new())).await.unwrap();
    let mut session = Session::start(&proxy.url).await;
    session.send(&[b"no message of Postgres'".to_vec()]).await;
    let _ = timeout(LIMIT, session.stream.read_to_end(&mut Vec::new())).await.unwrap();
    let trace = proxy.take();
    assert_eq!((trace.connections, trace.unreadable, trace.statements.len()), (2, 2, 0));
}
