//! Connections that end when they should not, and names that lead nowhere.

use aforo_model::ErrorKind;
use tokio::sync::mpsc;

use super::*;

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// How a server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Close,
    Reset,
}

fn end(stream: TcpStream, end: End) {
    if end == End::Reset {
        stream.set_zero_linger().unwrap();
    }
    drop(stream);
}

/// Answers one request on its first connection, then ends that as told, right away or when the second request
/// has come. Answers everything on the others. Tells when the first connection has ended.
async fn fickle(how: End, takes_second: bool) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (sender, ended) = mpsc::unbounded_channel();
    let server = Server::new(move |index, mut stream| {
        let sender = sender.clone();
        async move {
            loop {
                let head = read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                stream.write_all(GOOD).await.unwrap();
                if index == 0 {
                    let second = if takes_second { read_head(&mut stream).await } else { String::new() };
                    end(stream, how);
                    sender.send(second).unwrap();
                    return;
                }
            }
        }
    })
    .await;
    (server, ended)
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = answer_of(&mut client(&url, PATIENT), get("/?key=secret")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.starts_with("no connection: ") && !error.message.contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_name_without_an_address_is_named() {
    let error = answer_of(&mut client("http://nobody.invalid", PATIENT), get("/")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Dns);
    assert!(error.message.contains("`nobody.invalid`"), "{error:?}");
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_replaced_unseen_whatever_the_method() {
    for how in [End::Close, End::Reset] {
        for next in [get("/"), post("/", "x")] {
            let (server, mut ended) = fickle(how, false).await;
            let mut client = server.client();
            answer_of(&mut client, get("/")).await.unwrap();
            ended.recv().await.unwrap();
            // The runtime looks for what happened on its sockets before it comes back here.
            tokio::task::yield_now().await;
            let answer = answer_of(&mut client, next.clone()).await;
            assert_eq!(answer.unwrap().body, "ok", "{how:?} before {next:?}");
            assert_eq!(server.connections(), 2);
        }
    }
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_repeated_only_if_that_does_no_harm() {
    for (how, kind) in [(End::Close, ErrorKind::Connection), (End::Reset, ErrorKind::Reset)] {
        let (server, _ended) = fickle(how, true).await;
        let mut client = server.client();
        for request in [get("/1"), get("/2"), get("/3")] {
            assert_eq!(answer_of(&mut client, request).await.unwrap().body, "ok");
        }
        assert_eq!(server.connections(), 2);

        let (server, mut ended) = fickle(how, true).await;
        let mut client = server.client();
        answer_of(&mut client, get("/")).await.unwrap();
        let error = answer_of(&mut client, post("/orders", "")).await.unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(error.message.starts_with("the connection broke before an answer: "), "{error:?}");
        assert!(ended.recv().await.unwrap().starts_with("POST /orders"), "the server had it");
        assert_eq!(server.connections(), 1, "it was not sent again");
    }
}

#[tokio::test]
async fn a_new_connection_that_ends_without_an_answer_is_a_failure() {
    for (how, kind) in [(End::Close, ErrorKind::Connection), (End::Reset, ErrorKind::Reset)] {
        for reads_request in [true, false] {
            let server = Server::new(move |_, mut stream| async move {
                if reads_request {
                    read_head(&mut stream).await;
                }
                end(stream, how);
            })
            .await;
            let error = answer_of(&mut server.client(), get("/")).await.unwrap_err();
            // Bytes that nobody read turn a close into a reset, sooner or later.
            let is_named = error.kind == kind || !reads_request && error.kind == ErrorKind::Reset;
            assert!(is_named, "{how:?}, {reads_request}: {error:?}");
            assert_eq!(server.connections(), 1, "it was not sent again");
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure() {
    for beginning in [
        "HTTP/1.1 200 OK\r\ncontent-len",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nonly this",
    ] {
        for (how, kind) in [(End::Close, ErrorKind::Connection), (End::Reset, ErrorKind::Reset)] {
            let (sender, mut seen) = mpsc::unbounded_channel();
            let (go, wait) = tokio::sync::watch::channel(());
            let server = Server::new(move |_, mut stream| {
                let (sender, mut wait) = (sender.clone(), wait.clone());
                async move {
                    read_head(&mut stream).await;
                    stream.write_all(beginning.as_bytes()).await.unwrap();
                    sender.send(()).unwrap();
                    // A reset overtakes what was sent before it.
                    wait.changed().await.unwrap();
                    end(stream, how);
                }
            })
            .await;
            let mut client = server.client();
            let exchange = tokio::spawn(async move { answer_of(&mut client, get("/")).await });
            seen.recv().await.unwrap();
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            go.send(()).unwrap();
            let error = exchange.await.unwrap().unwrap_err();
            assert_eq!(error.kind, kind, "{beginning}: {error:?}");
            assert!(error.message.starts_with("the answer broke off: "), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_says_it_will_close_gets_a_new_connection_each_time() {
    let server =
        Server::answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
    let mut client = server.client();
    for connections in 1..=3 {
        assert_eq!(answer_of(&mut client, post("/", "x")).await.unwrap().body, "ok");
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_sent_counts_and_its_connection_is_given_up() {
    let server = Server::new(|index, mut stream| async move {
        read_head(&mut stream).await;
        let answer: &[u8] = match index {
            0 => b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n",
            _ => GOOD,
        };
        stream.write_all(answer).await.unwrap();
        // The rest of the first request is never read, and the connection stays.
        std::future::pending::<()>().await;
    })
    .await;
    let mut client = server.client();
    let large = answer_of(&mut client, post("/", vec![b'x'; 16 << 20])).await.unwrap();
    assert_eq!(large.status, 413);
    assert_eq!(answer_of(&mut client, get("/")).await.unwrap().body, "ok");
    assert_eq!(server.connections(), 2);
}
