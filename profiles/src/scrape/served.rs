//! A server for tests that answers every request with the same.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use url::Url;

/// Where it listens, with a password that nothing may show.
pub(super) async fn url(answer: Vec<u8>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut connection = BufReader::new(connection);
                let mut line = String::new();
                // The request ends with an empty line.
                while connection.read_line(&mut line).await.is_ok_and(|length| length > 2) {}
                connection.write_all(&answer).await.ok();
                connection.shutdown().await.ok();
            });
        }
    });
    Url::parse(&format!("http://user:secret@{address}/metrics")).unwrap()
}

/// An answer with this body.
pub(super) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}").into_bytes()
}
