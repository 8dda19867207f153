//! The probe against small servers on loopback.

mod mix;
mod plan;
mod run;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aforo_model::Scenario;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::HttpTarget;
use crate::scenario::fixtures;

/// A scenario with these journeys.
fn scenario(journeys: &str) -> Scenario {
    fixtures::scenario("users = 1\nrate = 1\nduration = \"9s\"\ntimeout = \"5s\"", journeys)
}

/// One request as the server saw it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    method: Method,
    uri: Uri,
    cookie: Option<String>,
    cache_control: Option<String>,
}

impl Seen {
    /// A parameter of the query.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = format!("http://target/?{}", self.uri.query()?).parse::<url::Url>().unwrap();
        query.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn number(&self, name: &str) -> u64 {
        self.parameter(name).unwrap().parse().unwrap()
    }
}

/// A server that notes what it is asked.
struct Server {
    target: HttpTarget,
    log: Arc<Mutex<Vec<Seen>>>,
    in_flight: Arc<AtomicUsize>,
    most_in_flight: Arc<AtomicUsize>,
}

impl Server {
    /// Answers every request with the status and the body that `answer` makes of it, for the rest of the test.
    async fn start(answer: impl Fn(&Seen) -> (u16, String) + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = HttpTarget {
            base_url: format!("http://{}/api", listener.local_addr().unwrap()).parse().unwrap(),
        };
        let server =
            Self { target, log: Arc::default(), in_flight: Arc::default(), most_in_flight: Arc::default() };
        let (log, in_flight, most) =
            (Arc::clone(&server.log), Arc::clone(&server.in_flight), Arc::clone(&server.most_in_flight));
        let router =
            Router::new().fallback(any(move |method: Method, uri: Uri, headers: HeaderMap| async move {
                most.fetch_max(in_flight.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let field = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                let (cookie, cache_control) = (field("cookie"), field("cache-control"));
                let seen = Seen { method, uri, cookie, cache_control };
                let (status, body) = answer(&seen);
                log.lock().unwrap().push(seen);
                tokio::time::sleep(Duration::from_millis(2)).await;
                in_flight.fetch_sub(1, Ordering::SeqCst);
                Response::builder()
                    .status(status)
                    .header("set-cookie", "id=7")
                    .body(Body::from(body))
                    .unwrap()
            }));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        server
    }

    /// What was asked since the last look.
    fn taken(&self) -> Vec<Seen> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// A page of a list of `length` rows, each with as many children as its number's last digit.
fn page(seen: &Seen, length: u64) -> (u16, String) {
    let end = length.min(seen.number("offset") + seen.number("limit"));
    let row = |id: u64| json!({"id": id, "children": (0..id % 10).collect::<Vec<_>>()});
    let items: Vec<Value> = (seen.number("offset")..end).map(row).collect();
    (200, json!({ "items": items, "total": length }).to_string())
}
