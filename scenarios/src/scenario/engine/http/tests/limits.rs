//! What is bounded: time, size, descriptors.

use std::time::Instant;

use aforo_model::ErrorKind;

use super::*;

const SHORT: Duration = Duration::from_millis(150);

async fn assert_times_out(client: &mut LeanClient, request: Request<'_>) {
    let begin = Instant::now();
    let error = answer_of(client, request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Timeout, "no complete answer within 150 ms")
    );
    assert!(begin.elapsed() >= SHORT, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn nothing_holds_a_user_longer_than_its_time_limit() {
    let silent = Server::new(|_, mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut client = client(&silent.url, SHORT);
    for connections in 1..=3 {
        assert_times_out(&mut client, get("/")).await;
        assert_eq!(silent.connections(), connections, "a connection that owes an answer is given up");
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_slowly_is_a_timeout_and_the_next_one_is_not() {
    let server = Server::new(|index, mut stream| async move {
        read_head(&mut stream).await;
        if index > 0 {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
            return;
        }
        // Each byte is well in time, and all of them are not.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let mut client = client(&server.url, SHORT);
    assert_times_out(&mut client, get("/")).await;
    client = super::client(&server.url, PATIENT);
    assert_eq!(answer_of(&mut client, get("/")).await.unwrap().body, "x");
}

#[tokio::test]
async fn the_time_limit_of_an_exchange_counts_from_its_own_start() {
    const LIMIT: Duration = Duration::from_millis(400);
    let server = Server::new(|_, mut stream| async move {
        while !read_head(&mut stream).await.is_empty() {
            tokio::time::sleep(LIMIT / 4).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let mut client = client(&server.url, LIMIT);
    let begin = Instant::now();
    while begin.elapsed() < 2 * LIMIT {
        answer_of(&mut client, get("/")).await.unwrap();
    }
    // The timer rings while nobody waits for it.
    tokio::time::sleep(LIMIT + Duration::from_millis(20)).await;
    answer_of(&mut client, get("/")).await.unwrap();
}

#[tokio::test]
async fn an_answer_of_100_megabytes_is_refused_at_its_announcement() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\nx").await;
    let error = answer_of(&mut server.client(), get("/")).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
    assert_eq!(error.message, "the answer is larger than the 64 MiB that are read");
}

#[tokio::test]
async fn an_answer_of_100_megabytes_that_does_not_say_so_is_refused_on_the_way() {
    for keeps_body in [true, false] {
        let server = Server::new(|_, mut stream| async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let megabyte = vec![b'x'; 1 << 20];
            for _ in 0..100 {
                if stream.write_all(&megabyte).await.is_err() {
                    return;
                }
            }
        })
        .await;
        let error = answer_of(&mut server.client(), Request { keeps_body, ..get("/") }).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error:?}");
    }
}
