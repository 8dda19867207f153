//! What fails in a run has a name, and no fault holds the run.

use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};

use super::*;

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Where the child process of a test finds its target.
const TARGET_VARIABLE: &str = "AFORO_TEST_TARGET";

/// Answers everything on every connection.
async fn answering() -> HttpTarget {
    serve_raw(|mut stream| async move {
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            if stream.write_all(GOOD).await.is_err() {
                return;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generator_without_descriptors_says_so_and_names_its_limit() {
    // A limit holds for a process, so the test plays in one of its own.
    if let Ok(url) = std::env::var(TARGET_VARIABLE) {
        return out_of_descriptors(&HttpTarget { base_url: url.parse().unwrap() }).await;
    }
    let target = answering().await;
    let name = "scenario::engine::tests::faults::a_generator_without_descriptors_says_so_and_names_its_limit";
    let child = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(TARGET_VARIABLE, target.base_url.as_str())
            .output()
            .unwrap()
    });
    let output = child.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

async fn out_of_descriptors(target: &HttpTarget) {
    let scenario =
        one_step("users = 100\nrate = 1000\nduration = \"1500ms\"", "path = \"/\"\nthink = \"50ms\"");
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).unwrap();
    let (seconds, end) = play(&scenario, target).await;
    assert_eq!((end.users_started, end.aborted_requests), (100, 0));
    let step = total(&seconds, "s");
    let failed = step.errors[&ErrorKind::Descriptors];
    assert!(failed > 0 && step.error_count() == failed && step.requests > failed, "{:?}", step.errors);
    let message = &step.error_messages[0].1;
    assert!(message.contains("the limit is 64"), "{message}");
}

#[tokio::test]
async fn a_run_against_a_server_that_does_everything_wrong_ends_in_time_with_every_kind_named() {
    let next = Arc::new(AtomicUsize::new(0));
    let target = serve_raw(move |mut stream| {
        let next = Arc::clone(&next);
        async move {
            let _ = stream.read(&mut [0; 4096]).await;
            let answer: &[u8] = match next.fetch_add(1, Ordering::Relaxed) % 7 {
                0 => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
                1 => b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nlong",
                2 => b"\0\0\0\x04\0\0\0\0\0",
                3 => b"HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\n\r\n",
                4 => b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n",
                5 => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
                _ => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    return;
                }
            };
            let _ = stream.write_all(answer).await;
        }
    })
    .await;
    let scenario = one_step(
        "users = 7\nrate = 1000\nduration = \"1s\"\ntimeout = \"200ms\"",
        "path = \"/\"\nthink = \"5ms\"",
    );
    let (seconds, end) = play(&scenario, &target).await;
    assert!(end.elapsed_s < end.load_s + 5.0, "{end:?}");
    let step = total(&seconds, "s");
    let kinds: Vec<ErrorKind> = step.errors.keys().copied().collect();
    assert_eq!(
        kinds,
        [
            ErrorKind::Status,
            ErrorKind::Timeout,
            ErrorKind::Connection,
            ErrorKind::Reset,
            ErrorKind::Protocol,
            ErrorKind::TooLarge
        ]
    );
    assert_eq!(step.error_count(), step.requests);
}

#[tokio::test]
async fn the_full_client_sends_the_same_requests() {
    let heads = Arc::new(Mutex::new(Vec::<String>::new()));
    let seen = Arc::clone(&heads);
    let target =
        serve(Router::new().fallback(any(move |uri: Uri, headers: HeaderMap, body: String| async move {
            let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
            seen.lock().unwrap().push(format!("{uri} {} {} {body}", text("x-key"), text("user-agent")));
        })))
        .await;
    let base_url = target.base_url.join("base/").unwrap();
    let mut scenario = one_step(
        "users = 1\nrate = 10\nduration = \"300ms\"",
        "path = \"/año?x={{random(7, 7)}}\"\nmethod = \"PUT\"\nheaders = { x-key = \"{{random(8, 8)}}\" }\n\
         body = \"{{random(9, 9)}}\"\nthink = \"1s\"",
    );
    for client in [HttpClient::Lean, HttpClient::Full] {
        scenario.http.client = client;
        let (seconds, _) = play(&scenario, &HttpTarget { base_url: base_url.clone() }).await;
        let step = total(&seconds, "s");
        assert_eq!((step.requests, step.error_count()), (1, 0), "{:?}", step.error_messages);
    }
    let heads = heads.lock().unwrap();
    assert_eq!(heads[0], format!("/base/a%C3%B1o?x=7 8 aforo/{} 9", env!("CARGO_PKG_VERSION")));
    assert_eq!(heads[0], heads[1]);
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
