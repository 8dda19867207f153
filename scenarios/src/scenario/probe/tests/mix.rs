//! Load whose mix changes from window to window.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::{Seen, Server, scenario};
use crate::scenario::probe::{MixOptions, MixRun, ProbeRun};

const JOURNEYS: &str = r#"
[[journey]]
name = "j"
[[journey.step]]
name = "a"
path = "/a?limit=5"
extract = { id = "/ids/*" }
[[journey.step]]
name = "b"
path = "/b/{{id}}"
[[journey.step]]
name = "c"
path = "/c"
[[journey.step]]
name = "order"
method = "POST"
path = "/order/{{id}}"
extract = { code = "/ids/0" }
[[journey.step]]
name = "cancel"
method = "DELETE"
path = "/cancel/{{code}}"
expect = { status = 204 }
"#;

fn options() -> MixOptions {
    MixOptions {
        windows: 6,
        window: Duration::from_millis(250),
        requests_per_s: 160.0,
        ..MixOptions::default()
    }
}

/// The step that a request belongs to.
fn step(seen: &Seen) -> String {
    seen.uri.path().split('/').nth(2).unwrap().to_owned()
}

async fn server() -> Server {
    Server::start(|_| (200, json!({"ids": [1, 2]}).to_string())).await
}

#[tokio::test]
async fn each_window_tells_exactly_what_was_sent_in_it() {
    let server = server().await;
    let mut mix = MixRun::new(&scenario(JOURNEYS), &server.target, options()).unwrap();
    assert_eq!(mix.steps().collect::<Vec<_>>(), ["a", "b", "c"]);
    let mut windows = 0;
    while let Some(window) = mix.next_window().await {
        assert_eq!(server.in_flight.load(Ordering::SeqCst), 0, "nothing is in flight at a boundary");
        let mut seen = BTreeMap::<String, u64>::new();
        for request in server.taken() {
            assert_eq!(request.method, Method::GET);
            *seen.entry(step(&request)).or_default() += 1;
        }
        assert_eq!((seen, window.index), (window.requests.clone(), windows));
        assert!(window.elapsed_s >= 0.25 && window.failed.is_empty());
        let total: u64 = window.requests.values().sum();
        // Of 40 that are due; a visit more may begin just before the end.
        assert!((1..=42).contains(&total), "{total}");
        windows += 1;
    }
    assert_eq!(windows, 6);
    assert!(server.most_in_flight.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn steps_that_write_are_sent_only_on_request_and_behind_those_they_need() {
    let server = server().await;
    let mut mix = MixRun::new(&scenario(JOURNEYS), &server.target, options()).unwrap();
    let why: Vec<_> = mix.not_sent().iter().map(|step| step.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "it is POST, and nothing is sent that may write",
            "it is DELETE, and nothing is sent that may write"
        ]
    );
    while mix.next_window().await.is_some() {}
    assert!(server.taken().iter().all(|seen| seen.method == Method::GET));

    let options = MixOptions { include_writes: true, connections: 1, ..options() };
    let mut mix = MixRun::new(&scenario(JOURNEYS), &server.target, options).unwrap();
    assert!(mix.not_sent().is_empty());
    let mut requests = BTreeMap::<String, u64>::new();
    let mut failed = BTreeMap::<String, u64>::new();
    while let Some(window) = mix.next_window().await {
        window.requests.into_iter().for_each(|(step, count)| *requests.entry(step).or_default() += count);
        window.failed.into_iter().for_each(|(step, count)| *failed.entry(step).or_default() += count);
    }
    let log: Vec<String> = server.taken().iter().map(step).collect();
    for (place, step) in log.iter().enumerate() {
        let before = match step.as_str() {
            "b" | "order" => "a",
            "cancel" => "order",
            _ => continue,
        };
        assert_eq!(log[place - 1], before);
    }
    assert!(requests["cancel"] > 0 && requests["a"] >= requests["b"] + requests["order"]);
    assert_eq!(failed, BTreeMap::from([("cancel".to_owned(), requests["cancel"])]), "200 is not 204");
}

#[tokio::test]
async fn without_a_step_that_can_be_sent_there_is_no_window() {
    let server = server().await;
    let journeys =
        "[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\nmethod = \"POST\"\npath = \"/\"\n";
    let mut mix = MixRun::new(&scenario(journeys), &server.target, options()).unwrap();
    assert_eq!(mix.next_window().await, None);
    assert_eq!(mix.not_sent().len(), 1);
}

#[test]
fn both_can_be_awaited_on_any_thread() {
    fn is_send<T: Send>(_: impl FnOnce(&'static mut MixRun, &'static mut ProbeRun) -> T) {}
    is_send(|mix, _| mix.next_window());
    is_send(|_, run| async { run.next().await?.send().await.status });
}
