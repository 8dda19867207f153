//! Answers that are not HTTP/1.1, or lie about themselves.

use aforo_model::ErrorKind;
use proptest::prelude::*;

use super::*;

/// The first frame of an HTTP/2 server: SETTINGS, empty.
const HTTP2_SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

async fn malformed(bytes: impl Into<Bytes>) -> String {
    let bytes = bytes.into();
    let server = Server::answering(bytes.clone()).await;
    let mut client = server.client();
    let Err(error) = answer_of(&mut client, get("/")).await else {
        panic!("{:?} is an answer", &bytes[..bytes.len().min(100)])
    };
    assert_eq!(error.kind, ErrorKind::Protocol, "{error:?}");
    assert!(answer_of(&mut client, get("/")).await.is_err());
    assert_eq!(server.connections(), 2, "nothing goes over such a connection again");
    error.message
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for garbage in [
        "hello\r\n\r\n".to_owned(),
        "SSH-2.0-OpenSSH_9.2\r\n".repeat(10),
        "HTTP/1.1 2x0 OK\r\n\r\n".to_owned(),
        "HTTP/3.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "x".repeat(1_000_000)),
    ] {
        let message = malformed(garbage.clone()).await;
        assert!(message.starts_with("the answer is not HTTP/1.1: "), "{garbage}: {message}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_http2_only_is_told_apart() {
    let after_the_request = malformed(HTTP2_SETTINGS).await;
    let at_once = Server::new(|_, mut stream| async move {
        stream.write_all(HTTP2_SETTINGS).await.unwrap();
        read_head(&mut stream).await;
        let _ = stream.write_all(b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01").await;
    })
    .await;
    let error = answer_of(&mut at_once.client(), get("/")).await.unwrap_err();
    assert_eq!((error.kind, &error.message), (ErrorKind::Protocol, &after_the_request));
    assert_eq!(error.message, "the server speaks HTTP/2 only; Aforo sends HTTP/1.1");
}

#[tokio::test]
async fn an_answer_longer_than_it_says_is_a_failure_of_its_own() {
    let message = malformed("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello, and more").await;
    assert!(message.ends_with("more bytes came than it announced"), "{message}");
    let message = malformed("HTTP/1.1 204 No Content\r\n\r\nbut some").await;
    assert!(message.ends_with("more bytes came than it announced"), "{message}");
}

/// Answers, and when the client has the answer, says something nobody asked for.
async fn talkative(words: &'static [u8]) -> (Server, Arc<tokio::sync::Notify>, Arc<tokio::sync::Notify>) {
    let (go, said) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (wait, tell) = (Arc::clone(&go), Arc::clone(&said));
    let server = Server::new(move |index, mut stream| {
        let (wait, tell) = (Arc::clone(&wait), Arc::clone(&tell));
        async move {
            loop {
                if read_head(&mut stream).await.is_empty() {
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
                if index == 0 {
                    wait.notified().await;
                    stream.write_all(words).await.unwrap();
                    drop(stream);
                    tell.notify_one();
                    return;
                }
            }
        }
    })
    .await;
    (server, go, said)
}

#[tokio::test]
async fn bytes_between_two_answers_are_a_failure_of_the_next_but_a_goodbye_is_not() {
    for (words, is_failure) in [
        (b"surplus".as_slice(), true),
        (b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".as_slice(), false),
    ] {
        let (server, go, said) = talkative(words).await;
        let mut client = server.client();
        assert_eq!(answer_of(&mut client, get("/")).await.unwrap().body, "ok");
        go.notify_one();
        said.notified().await;
        tokio::task::yield_now().await;
        let next = answer_of(&mut client, post("/", "x")).await;
        if is_failure {
            let error = next.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Protocol);
            assert!(error.message.ends_with("belong to no answer"), "{error:?}");
        } else {
            assert_eq!(next.unwrap().body, "ok");
        }
        assert_eq!(answer_of(&mut client, get("/")).await.unwrap().body, "ok");
        assert_eq!(server.connections(), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_answer_makes_the_client_panic_or_hang(
        status in "(HTTP/1.1 [0-9]{3} |HTTP/1.0 200 OK|)",
        head in "((content-length: [0-9]{1,3}|transfer-encoding: chunked|set-cookie: [ -~]{0,20}|location: [ -~]{0,20}|[ -~]{0,20})\r\n){0,4}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = [format!("{status}\r\n{head}\r\n").into_bytes(), body].concat();
            let server = Server::answering(answer).await;
            let mut client = server.client();
            for _ in 0..2 {
                let _ = tokio::time::timeout(PATIENT / 2, answer_of(&mut client, get("/"))).await.expect("an end");
            }
        });
    }
}
