//! Answers that are as they should be.

use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};

use super::*;

#[tokio::test]
async fn one_connection_carries_all_requests_of_a_user_whatever_the_answers_are_framed_by() {
    const ANSWERS: [(Method, &str, u16, &str); 6] = [
        (Method::GET, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello"),
        (
            Method::GET,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nx-end: 1\r\n\r\n",
            200,
            "hello!",
        ),
        (Method::GET, "HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (Method::HEAD, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", 200, ""),
        (Method::GET, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 \r\ncontent-length: 0\r\n\r\n", 404, ""),
        (Method::PUT, "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", 200, "ok"),
    ];
    let server = Server::new(|_, mut stream| async move {
        for (method, answer, ..) in ANSWERS {
            assert!(read_head(&mut stream).await.starts_with(method.as_str()));
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        read_head(&mut stream).await;
    })
    .await;
    let mut client = server.client();
    for (method, _, status, body) in ANSWERS {
        let answer = answer_of(&mut client, request(method, "/")).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (status, body.as_bytes()));
        assert_eq!(answer.received_bytes, body.len() as u64);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_planned() {
    let (sender, mut heads) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(move |_, mut stream| {
        let sender = sender.clone();
        async move {
            let head = read_head(&mut stream).await;
            let mut body = [0; 4];
            stream.read_exact(&mut body).await.unwrap();
            sender.send((head, body)).unwrap();
            stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let mut order = post("/api/orders?x=%20y", "body");
    order.filled_headers.push((CONTENT_TYPE, HeaderValue::from_static("text/plain")));
    assert_eq!(answer_of(&mut server.client(), order).await.unwrap().status, 201);
    let (head, body) = heads.recv().await.unwrap();
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        ["POST /api/orders?x=%20y HTTP/1.1", "content-length: 4", "content-type: text/plain", "host: target"],
        "and nothing else"
    );
    assert_eq!(&body, b"body");
}

#[tokio::test]
async fn a_body_is_read_to_its_end_and_kept_only_when_it_is_needed() {
    let body: Vec<u8> = (0..5_000_000u32).map(|index| index.to_le_bytes()[index as usize % 4]).collect();
    let mut whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    whole.extend_from_slice(&body);
    let server = Server::answering(whole).await;
    let kept = answer_of(&mut server.client(), get("/")).await.unwrap();
    assert!(kept.body == body && kept.received_bytes == body.len() as u64);
    let counted = answer_of(&mut server.client(), Request { keeps_body: false, ..get("/") }).await.unwrap();
    assert_eq!(counted.received_bytes, body.len() as u64);
    assert!(counted.body.len() < 1_000_000 && body.starts_with(&counted.body), "{}", counted.body.len());
}

#[tokio::test]
async fn a_body_without_a_length_ends_with_its_connection() {
    let server = Server::answering("HTTP/1.1 200 OK\r\n\r\nto the end").await;
    let mut client = server.client();
    for connections in 1..=2 {
        assert_eq!(answer_of(&mut client, get("/")).await.unwrap().body, "to the end");
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_timed_to_its_last_byte() {
    const PAUSE: Duration = Duration::from_millis(2);
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
    let server = Server::new(|_, mut stream| async move {
        stream.set_nodelay(true).unwrap();
        read_head(&mut stream).await;
        for byte in ANSWER {
            stream.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    let begin = Instant::now();
    assert_eq!(answer_of(&mut server.client(), get("/")).await.unwrap().body, "ab");
    assert!(begin.elapsed() >= PAUSE * (ANSWER.len() as u32 - 1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_packed_answer_is_asked_for_by_the_step_only_and_unpacked() {
    let server = Server::new(|_, mut stream| async move {
        let is_wanted = read_head(&mut stream).await.contains("accept-encoding: gzip");
        let mut body = b"plain".to_vec();
        let mut encoding = "";
        if is_wanted {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            std::io::Write::write_all(&mut encoder, &b"packed ".repeat(100)).unwrap();
            (body, encoding) = (encoder.finish().unwrap(), "content-encoding: gzip\r\n");
        }
        let head = format!("HTTP/1.1 200 OK\r\n{encoding}content-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    })
    .await;
    assert_eq!(answer_of(&mut server.client(), get("/")).await.unwrap().body, "plain");
    let mut asking = get("/");
    asking.filled_headers.push((ACCEPT_ENCODING, HeaderValue::from_static("gzip")));
    let answer = answer_of(&mut server.client(), asking).await.unwrap();
    assert_eq!(answer.body, "packed ".repeat(100));
    assert!(answer.received_bytes < 100, "what came over the network is counted");
}

#[tokio::test]
async fn cookies_are_kept_by_the_user_who_was_given_them() {
    let server = Server::new(|index, mut stream| async move {
        loop {
            let head = read_head(&mut stream).await;
            if head.is_empty() {
                break;
            }
            let cookie = head.lines().find_map(|line| line.strip_prefix("cookie: ")).unwrap_or("none");
            let length = cookie.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nset-cookie: id={index}; Path=/\r\ncontent-length: {length}\r\n\r\n{cookie}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let mut first = server.client();
    assert_eq!(answer_of(&mut first, get("/")).await.unwrap().body, "none");
    let mut second = server.client();
    assert_eq!(answer_of(&mut second, get("/")).await.unwrap().body, "none", "another user has its own");
    assert_eq!(answer_of(&mut first, get("/")).await.unwrap().body, "id=0");
    assert_eq!(answer_of(&mut second, get("/")).await.unwrap().body, "id=1");
}
