//! The client against servers that write every byte by hand.

mod answers;
mod connections;
mod lengths;
mod limits;
mod redirects;
mod secure;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{LeanClient, Origin};
use crate::scenario::engine::exchange::{Answer, Exchange, FixedHeaders, Request, RequestError};

/// Longer than any test takes: what is not about time never ends by it.
const PATIENT: Duration = Duration::from_secs(60);

/// A server on loopback whose connections each run a script.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Serves the rest of the test; a script is told which connection it has, counted from 0.
    async fn new<F, Script>(script: F) -> Self
    where
        F: Fn(usize, TcpStream) -> Script + Send + 'static,
        Script: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(script(count.fetch_add(1, Ordering::SeqCst), stream));
            }
        });
        Self { url, connections }
    }

    /// Answers the first request of every connection with these bytes and closes the connection.
    async fn answering(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(move |_, mut stream| {
            let bytes = bytes.clone();
            async move {
                read_head(&mut stream).await;
                // A client that has heard enough hangs up.
                let _ = stream.write_all(&bytes).await;
            }
        })
        .await
    }

    fn client(&self) -> LeanClient {
        client(&self.url, PATIENT)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn client(url: &str, timeout: Duration) -> LeanClient {
    LeanClient::new(Arc::new(Origin::new(&url.parse().unwrap(), timeout).unwrap()))
}

/// Reads up to the end of a request's head; what was read.
async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

fn request(method: Method, path: &str) -> Request<'static> {
    Request {
        method,
        path: PathAndQuery::try_from(path).unwrap(),
        headers: Cow::Owned(FixedHeaders::new(HeaderMap::from_iter([(
            HOST,
            HeaderValue::from_static("target"),
        )]))),
        filled_headers: Vec::new(),
        body: Bytes::new(),
        keeps_body: true,
        follows_redirects: true,
    }
}

fn get(path: &str) -> Request<'static> {
    request(Method::GET, path)
}

fn post(path: &str, body: impl Into<Bytes>) -> Request<'static> {
    Request { body: body.into(), ..request(Method::POST, path) }
}

async fn answer_of(client: &mut LeanClient, request: Request<'_>) -> Result<Answer, RequestError> {
    client.exchange(request).await
}
