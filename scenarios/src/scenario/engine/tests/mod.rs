//! Whole runs against small servers on loopback.

mod faults;
mod hotel;
mod open;
mod silence;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aforo_model::{ErrorKind, HttpClient, LoadSecond, Scenario, StepSecond, ThinkTime, TimeHistogram};
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{EngineEnd, EngineError, HttpTarget, RunningLoad, StopCause, start};
use crate::load_scenario;

/// Reads a scenario with this load and these journeys.
fn scenario(load: &str, journeys: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.toml");
    std::fs::write(&path, format!("description = \"a test\"\n[load]\n{load}\n{journeys}")).unwrap();
    load_scenario(path.to_str().unwrap(), None)
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// One journey of one step.
fn one_step(load: &str, step: &str) -> Scenario {
    scenario(load, &format!("[[journey]]\nname = \"j\"\n[[journey.step]]\nname = \"s\"\n{step}\n"))
}

/// Serves `router` for the rest of the test.
async fn serve(router: Router) -> HttpTarget {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target_of(&listener);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    target
}

/// Answers every connection with `answer` for the rest of the test.
async fn serve_raw<F, Answer>(answer: F) -> HttpTarget
where
    F: Fn(TcpStream) -> Answer + Send + 'static,
    Answer: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target_of(&listener);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });
    target
}

fn target_of(listener: &TcpListener) -> HttpTarget {
    let address = listener.local_addr().unwrap();
    HttpTarget { base_url: format!("http://{address}").parse().unwrap() }
}

/// All seconds and the end of a run.
async fn finish(mut load: RunningLoad) -> (Vec<LoadSecond>, Result<EngineEnd, EngineError>) {
    let mut seconds = Vec::new();
    while let Some(second) = load.seconds.recv().await {
        seconds.push(second);
    }
    (seconds, load.join().await)
}

/// Plays a scenario to its end.
async fn play(scenario: &Scenario, target: &HttpTarget) -> (Vec<LoadSecond>, EngineEnd) {
    let (seconds, end) = finish(start(scenario, target, CancellationToken::new()).unwrap()).await;
    (seconds, end.unwrap())
}

/// What a step did over the whole run.
fn total(seconds: &[LoadSecond], step: &str) -> StepSecond {
    let mut total = StepSecond::default();
    for second in seconds.iter().filter_map(|second| second.steps.get(step)) {
        total.merge(second);
    }
    total
}

#[tokio::test]
async fn steps_are_taken_in_order_with_what_earlier_ones_kept() {
    let log = Arc::new(Mutex::new(Vec::<String>::new()));
    let seen = Arc::clone(&log);
    let target = serve(Router::new().fallback(any(
        move |method: axum::http::Method, uri: Uri, headers: HeaderMap, body: String| async move {
            let key = headers.get("x-key").map_or("", |value| value.to_str().unwrap()).to_owned();
            let kind = headers.get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
            seen.lock().unwrap().push(format!("{method} {uri} {body} {key} {kind}").trim_end().to_owned());
            axum::Json(serde_json::json!({"items": [{"id": 7}], "code": "a b"}))
        },
    )))
    .await;
    let scenario = scenario(
        "users = 1\nrate = 10\nduration = \"3s\"",
        r#"
        [[journey]]
        name = "j"
        vars = { who = "{{guests.name}}" }
        [[journey.step]]
        name = "search"
        path = "/search?who={{who}}"
        extract = { id = "/items/*/id" }
        [[journey.step]]
        name = "order"
        method = "POST"
        path = "/orders"
        headers = { x-key = "k-{{id}}" }
        json = { id = "{{id}}", who = "{{who}}" }
        extract = { code = "/code" }
        [[journey.step]]
        name = "cancel"
        method = "DELETE"
        path = "/orders/{{code}}"
        think = "60s"
        [feeders]
        guests = { rows = [{ name = "Ana & Co" }] }
        "#,
    );
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!(
        *log.lock().unwrap(),
        [
            "GET /search?who=Ana%20%26%20Co",
            r#"POST /orders {"id":7,"who":"Ana & Co"} k-7 application/json"#,
            "DELETE /orders/a%20b",
        ]
    );
    assert_eq!(end.cause, StopCause::DurationPassed);
    assert_eq!(total(&seconds, "cancel").statuses, BTreeMap::from([(200, 1)]));
    assert!(total(&seconds, "cancel").received_bytes > 10);
}

#[tokio::test]
async fn failures_are_counted_by_kind_and_end_the_round() {
    let target = serve(
        Router::new()
            .route("/gone", get(|| async { StatusCode::NOT_FOUND }))
            .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
            .route("/other", get(|| async { "hello" }))
            .route("/never", get(|| async { "x" })),
    )
    .await;
    let journey = |name: &str, expect: &str| {
        format!(
            "[[journey]]\nname = \"{name}\"\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\nthink = \"50ms\"\n{expect}\n\
             [[journey.step]]\nname = \"never\"\npath = \"/never\"\n"
        )
    };
    let journeys =
        journey("gone", "") + &journey("broken", "") + &journey("other", "expect = { text = \"goodbye\" }");
    let (seconds, _) =
        play(&scenario("users = 3\nrate = 100\nduration = \"1500ms\"", &journeys), &target).await;
    for (step, kind) in
        [("gone", ErrorKind::Status), ("broken", ErrorKind::ServerStatus), ("other", ErrorKind::Expectation)]
    {
        let total = total(&seconds, step);
        assert!(total.requests > 0, "{step}");
        assert_eq!(total.errors, BTreeMap::from([(kind, total.requests)]), "{step}");
        assert_eq!(total.failed_response_time.count(), total.requests, "{step}");
    }
    assert_eq!(total(&seconds, "never").requests, 0);
}

#[tokio::test]
async fn a_refusal_that_is_expected_is_no_failure_and_ends_the_round_where_a_value_is_missing() {
    let target = serve(Router::new().route("/orders", get(|| async { StatusCode::CONFLICT }))).await;
    let scenario = scenario(
        "users = 1\nrate = 10\nduration = \"300ms\"",
        r#"
        [[journey]]
        name = "j"
        [[journey.step]]
        name = "order"
        path = "/orders"
        expect = { status = [201, 409] }
        extract = { code = "/code" }
        think = "20ms"
        [[journey.step]]
        name = "confirm"
        path = "/orders/{{code}}"
        "#,
    );
    let (seconds, _) = play(&scenario, &target).await;
    let order = total(&seconds, "order");
    assert!(order.requests > 1 && order.error_count() == 0, "{order:?}");
    assert_eq!(total(&seconds, "confirm").requests, 0);
}

#[tokio::test]
async fn a_feeder_that_only_an_expectation_draws_from_is_drawn() {
    let target = serve(Router::new().route("/", get(|| async { "hello Ana" }))).await;
    let step = "path = \"/\"\nexpect = { text = \"hello {{guests.name}}\" }\nthink = \"20ms\"\n\
                [feeders.guests]\nrows = [{ name = \"Ana\" }]";
    let (seconds, _) = play(&one_step("users = 1\nrate = 10\nduration = \"300ms\"", step), &target).await;
    let step = total(&seconds, "s");
    assert!(step.requests > 0);
    assert_eq!(step.error_count(), 0, "{:?}", step.error_messages);
}

#[tokio::test]
async fn load_follows_a_redirect_within_the_target_and_never_one_away_from_it() {
    let strayed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&strayed);
    let other = serve(Router::new().fallback(any(move || async move {
        counter.fetch_add(1, Ordering::SeqCst);
        "elsewhere"
    })))
    .await;
    let away = |status: StatusCode| {
        let location = other.base_url.to_string();
        any(move || async move { (status, [("location", location)], "moved").into_response() })
    };
    let target = serve(
        Router::new()
            .route("/within", get(|| async { axum::response::Redirect::temporary("/here") }))
            .route("/here", get(|| async { "here" }))
            .route("/hop", get(|| async { axum::response::Redirect::temporary("/found") }))
            .route("/expected", get(|| async { axum::response::Redirect::temporary("/here") }))
            .route("/round", get(|| async { axum::response::Redirect::temporary("/round") }))
            .route("/found", away(StatusCode::FOUND))
            .route("/permanent", away(StatusCode::PERMANENT_REDIRECT)),
    )
    .await;
    let journey = |name: &str, method: &str, expect: &str| {
        format!(
            "[[journey]]\nname = \"{name}\"\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\n\
             method = \"{method}\"\nthink = \"20ms\"\nexpect = {{ {expect} }}\n"
        )
    };
    let journeys = journey("within", "GET", "text = \"here\"")
        + &journey("hop", "GET", "")
        + &journey("expected", "GET", "status = 307")
        + &journey("found", "GET", "status = 302")
        + &journey("permanent", "POST", "")
        + &journey("round", "GET", "");
    let mut scenario = scenario("users = 6\nrate = 100\nduration = \"500ms\"", &journeys);
    for client in [HttpClient::Lean, HttpClient::Full] {
        scenario.http.client = client;
        let (seconds, _) = play(&scenario, &target).await;
        for (step, status) in [("within", 200), ("expected", 307), ("found", 302)] {
            let total = total(&seconds, step);
            assert!(total.requests > 0);
            assert_eq!(total.statuses, BTreeMap::from([(status, total.requests)]), "{step}");
            assert_eq!(total.error_count(), 0, "{step}: {:?}", total.error_messages);
        }
        for (step, status) in [("hop", 302), ("permanent", 308)] {
            let total = total(&seconds, step);
            assert_eq!(total.statuses, BTreeMap::from([(status, total.requests)]), "{step}");
            assert_eq!(total.errors, BTreeMap::from([(ErrorKind::Status, total.requests)]), "{step}");
            assert!(total.error_messages[0].1.contains("is not followed"), "{:?}", total.error_messages);
        }
        let round = total(&seconds, "round");
        assert_eq!(round.errors, BTreeMap::from([(ErrorKind::RedirectLoop, round.requests)]));
        assert_eq!(round.error_messages[0].1, "redirected 10 times, at last to `/round`");
    }
    assert_eq!(strayed.load(Ordering::SeqCst), 0, "nobody named the other server");
}

#[tokio::test]
async fn each_user_keeps_its_cookies_and_users_are_split_by_weight() {
    let next = Arc::new(AtomicUsize::new(0));
    let visitors = Arc::new(Mutex::new(BTreeMap::<String, BTreeSet<String>>::new()));
    let seen = Arc::clone(&visitors);
    let target = serve(Router::new().fallback(any(move |uri: Uri, headers: HeaderMap| async move {
        let Some(cookie) = headers.get("cookie") else {
            let id = next.fetch_add(1, Ordering::Relaxed);
            return [("set-cookie", format!("id={id}; Path=/"))].into_response();
        };
        let cookie = cookie.to_str().unwrap().to_owned();
        seen.lock().unwrap().entry(uri.path().to_owned()).or_default().insert(cookie);
        StatusCode::OK.into_response()
    })))
    .await;
    let journey = |name: &str, weight: u32| {
        format!(
            "[[journey]]\nname = \"{name}\"\nweight = {weight}\n[[journey.step]]\nname = \"{name}\"\npath = \"/{name}\"\nthink = \"20ms\"\n"
        )
    };
    let journeys = journey("rare", 1) + &journey("some", 30) + &journey("most", 69);
    let (seconds, end) =
        play(&scenario("users = 10\nrate = 50\nduration = \"4s\"", &journeys), &target).await;
    let count: BTreeMap<String, usize> =
        visitors.lock().unwrap().iter().map(|(path, ids)| (path.clone(), ids.len())).collect();
    let expected = [("/most", 6), ("/rare", 1), ("/some", 3)].map(|(path, users)| (path.to_owned(), users));
    assert_eq!(count, BTreeMap::from(expected));
    assert_eq!(end.users_started, 10);
    assert_eq!(seconds.iter().map(|second| second.users).max(), Some(10));
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout_of_at_least_that_time() {
    let target = serve_raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let scenario = one_step("users = 1\nrate = 10\nduration = \"1s\"\ntimeout = \"300ms\"", "path = \"/\"");
    let (seconds, _) = play(&scenario, &target).await;
    let step = total(&seconds, "s");
    assert!(step.requests > 0);
    assert_eq!(step.errors, BTreeMap::from([(ErrorKind::Timeout, step.requests)]));
    assert_eq!(step.response_time.count(), step.requests, "a time-out is a slow answer");
    assert!(step.response_time.summary().min_us.unwrap() >= 299_000, "{:?}", step.response_time.summary());
    assert_eq!(step.error_messages[0].1, "no complete answer within 300 ms");
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_connection_failure_told_without_the_url() {
    let closed = TcpListener::bind("127.0.0.1:0").await.map(|listener| target_of(&listener)).unwrap();
    let resetting = serve_raw(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let breaking_off = serve_raw(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this").await;
    })
    .await;
    let scenario =
        one_step("users = 1\nrate = 10\nduration = \"300ms\"", "path = \"/?key=secret\"\nthink = \"50ms\"");
    for (target, what) in [
        (closed, "no connection"),
        (resetting, "the connection broke before an answer"),
        (breaking_off, "the answer broke off"),
    ] {
        let (seconds, _) = play(&scenario, &target).await;
        let step = total(&seconds, "s");
        assert!(step.requests > 0);
        assert_eq!(step.errors, BTreeMap::from([(ErrorKind::Connection, step.requests)]), "{what}");
        let message = &step.error_messages[0].1;
        assert!(message.starts_with(what) && !message.contains("secret"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[tokio::test]
async fn after_the_order_to_stop_requests_in_flight_finish_and_no_other_begins() {
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    let target = serve(Router::new().route(
        "/",
        get(move || async move {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(700)).await;
            "done"
        }),
    ))
    .await;
    let scenario = one_step("users = 5\nrate = 1000\nduration = \"60s\"", "path = \"/\"");
    let stop = CancellationToken::new();
    let load = start(&scenario, &target, stop.clone()).unwrap();
    while served.load(Ordering::SeqCst) < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    let (seconds, end) = finish(load).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.aborted_requests, end.users_started), (StopCause::Ordered, 0, 5));
    let step = total(&seconds, "s");
    // The order may come so late on a busy machine that a second round has begun.
    assert_eq!(step.requests as usize, served.load(Ordering::SeqCst));
    assert_eq!(step.response_time.count(), step.requests, "all of them were good");
    assert!(end.elapsed_s > end.load_s, "{end:?}");
    assert_eq!(seconds.last().unwrap().users, 0);
}

#[tokio::test]
async fn thinking_ends_with_the_order_to_stop_and_empty_seconds_are_handed_out() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"2500ms\"", "path = \"/\"\nthink = \"1h\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert!(end.load_s >= 2.5, "the duration is honoured: {end:?}");
    assert!(end.elapsed_s - end.load_s < 5.0, "{end:?}");
    let numbers: Vec<u32> = seconds.iter().map(|second| second.second).collect();
    assert_eq!(numbers, (0..numbers.len() as u32).collect::<Vec<_>>(), "no second is left out");
    assert!(numbers.len() >= 3);
    assert!(seconds[1].steps.is_empty() && seconds[1].users == 1);
    assert_eq!((seconds[1].user_time_us, seconds[1].think_time_us), (1_000_000, 1_000_000));
    // A user is always either waiting for an answer or thinking.
    let sum = |of: fn(&LoadSecond) -> u64| seconds.iter().map(of).sum::<u64>() as f64;
    let (user_time_us, think_time_us) =
        (sum(|second| second.user_time_us), sum(|second| second.think_time_us));
    let busy_time_us = total(&seconds, "s").busy_time_us as f64;
    assert!((user_time_us - end.elapsed_s * 1e6).abs() < 500_000.0, "{user_time_us} in {end:?}");
    assert!(think_time_us + busy_time_us <= user_time_us + 1_000.0);
    assert!(think_time_us + busy_time_us >= 0.5 * user_time_us);
}

#[tokio::test]
async fn a_spike_of_100_users_in_10_seconds_is_reached_on_schedule() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario =
        one_step("users = 100\nrate = 10\nduration = \"11500ms\"", "path = \"/\"\nthink = \"200ms..400ms\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!(end.users_started, 100);
    for (second, load) in seconds.iter().enumerate().take(11) {
        let schedule = |second: usize| (10 * second).min(100) as u32;
        // One second of delay is what a very busy machine may take.
        let (late, early) = (schedule(second), schedule(second + 1) + 1);
        assert!((late..=early).contains(&load.users), "{} users after second {second}", load.users);
    }
}

#[tokio::test]
async fn requests_that_outlast_the_grace_time_are_cut_off_and_counted() {
    let target = serve_raw(|stream| async move {
        tokio::time::sleep(Duration::from_secs(120)).await;
        drop(stream);
    })
    .await;
    let scenario =
        one_step("users = 3\nrate = 100\nduration = \"1500ms\"\ntimeout = \"60s\"", "path = \"/\"");
    let (seconds, end) = play(&scenario, &target).await;
    assert_eq!((end.users_started, end.aborted_requests), (3, 3));
    assert!(end.elapsed_s >= 11.5 && end.elapsed_s < 30.0, "{end:?}");
    assert_eq!(total(&seconds, "s").requests, 0);
    assert_eq!(seconds.last().unwrap().users, 0, "nobody is left");
}

#[tokio::test]
async fn two_runs_at_once_do_not_disturb_each_other() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let long = one_step("users = 2\nrate = 10\nduration = \"3s\"", "path = \"/\"\nthink = \"20ms\"");
    let stop = CancellationToken::new();
    let short = start(&long, &target, stop.clone()).unwrap();
    let mut other = start(&long, &target, CancellationToken::new()).unwrap();
    other.started().await.unwrap();
    stop.cancel();
    let (_, stopped) = finish(short).await;
    assert_eq!(stopped.unwrap().cause, StopCause::Ordered);
    let (seconds, end) = finish(other).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.users_started), (StopCause::DurationPassed, 2));
    assert!(end.load_s >= 3.0);
    assert!(seconds.iter().take(3).all(|second| !second.steps.is_empty()), "it went on all the time");
}

#[tokio::test]
async fn a_run_that_is_stopped_before_it_starts_has_no_users() {
    let target = serve(Router::new()).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"1h\"", "path = \"/\"");
    let stop = CancellationToken::new();
    stop.cancel();
    let (seconds, end) = finish(start(&scenario, &target, stop).unwrap()).await;
    let end = end.unwrap();
    assert_eq!((end.cause, end.started, end.users_started), (StopCause::Ordered, None, 0));
    assert!(seconds.is_empty());
}

#[tokio::test]
async fn a_run_nobody_listens_to_stops() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario = one_step("users = 1\nrate = 1\nduration = \"1h\"", "path = \"/\"\nthink = \"20ms\"");
    let RunningLoad { seconds, ended, .. } = start(&scenario, &target, CancellationToken::new()).unwrap();
    drop(seconds);
    let end = tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap().unwrap();
    assert_eq!(end.cause, StopCause::Ordered);
}

#[tokio::test]
async fn a_step_that_panics_ends_the_run_and_is_named() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let mut scenario = one_step("users = 2\nrate = 10\nduration = \"1h\"", "path = \"/\"");
    // No file can say this: a negative time is refused when it is read.
    scenario.journeys[0].steps[0].think_time = ThinkTime { min_s: -1.0, max_s: -1.0 };
    let (seconds, end) = finish(start(&scenario, &target, CancellationToken::new()).unwrap()).await;
    let error = end.unwrap_err();
    assert!(matches!(&error, EngineError::StepPanicked { step, .. } if step == "s"), "{error}");
    assert!(total(&seconds, "s").requests >= 1, "what was seen until then is kept");
}

#[tokio::test]
async fn a_template_that_is_not_right_is_refused_at_the_start() {
    let target = HttpTarget { base_url: "http://127.0.0.1:1".parse().unwrap() };
    let mut scenario = one_step("users = 1\nrate = 1\nduration = \"1s\"", "path = \"/\"");
    scenario.journeys[0].steps[0].path = "/{{".into();
    let error = start(&scenario, &target, CancellationToken::new()).unwrap_err();
    assert_eq!(error.to_string(), "journey `j`, `s`: this placeholder is never closed");
    scenario.journeys[0].weight = 0;
    let error = start(&scenario, &target, CancellationToken::new()).unwrap_err();
    assert!(matches!(error, EngineError::NoJourneys));
}

/// A server that waits as long as it was told for each request, and notes how long that really was.
async fn known_times(waits: Vec<Duration>) -> (HttpTarget, Arc<Mutex<Vec<u64>>>) {
    let truth = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&truth);
    let next = AtomicUsize::new(0);
    let shared = Arc::new((waits, next));
    let handler = move || {
        let (noted, shared) = (Arc::clone(&noted), Arc::clone(&shared));
        async move {
            let begin = Instant::now();
            let (waits, next) = &*shared;
            tokio::time::sleep(waits[next.fetch_add(1, Ordering::Relaxed) % waits.len()]).await;
            noted.lock().unwrap().push(u64::try_from(begin.elapsed().as_micros()).unwrap());
            "x"
        }
    };
    (serve(Router::new().route("/", get(handler))).await, truth)
}

/// Every answer takes the client at least as long as the server, so each quantile of what is measured must
/// be at least that of the truth. How much more it may be depends on how busy the machine is; the bound
/// catches a clock that counts the wrong thing, not a slow machine.
async fn assert_close_to_the_truth(waits: Vec<Duration>) {
    let (target, truth) = known_times(waits).await;
    let scenario = one_step("users = 8\nrate = 100\nduration = \"4s\"", "path = \"/\"");
    let (seconds, _) = play(&scenario, &target).await;
    let measured: TimeHistogram = total(&seconds, "s").response_time;
    let mut truth = truth.lock().unwrap().clone();
    truth.sort_unstable();
    assert_eq!(measured.count() as usize, truth.len(), "every request is recorded once");
    for quantile in [0.5, 0.95, 0.99] {
        let rank = (quantile * truth.len() as f64).ceil() as usize;
        let (truth_us, measured_us) =
            (truth[rank - 1] as f64, measured.quantile_us(quantile).unwrap() as f64);
        assert!(measured_us >= 0.999 * truth_us, "p{quantile}: {measured_us} for {truth_us}");
        assert!(measured_us <= 1.01 * truth_us + 100_000.0, "p{quantile}: {measured_us} for {truth_us}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_takes_20_ms_is_measured_so() {
    assert_close_to_the_truth(vec![Duration::from_millis(20)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_heavy_tail_is_measured_so() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut normal = || {
        let (uniform, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        (-2.0 * uniform.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    };
    let waits = (0..2_000).map(|_| Duration::from_secs_f64(0.03 * (0.7 * normal()).exp())).collect();
    assert_close_to_the_truth(waits).await;
}
