//! Small servers that answer as targets do, well or badly.

use std::time::Instant;

use aforo_model::profile::{ProfileClock, Stack};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Go's index and profiles, recorded.
const GO_INDEX: &[u8] = include_bytes!("../../../../pprof/fixtures/go/index.html");
const GO_PROFILE: &[u8] = include_bytes!("../../../../pprof/fixtures/go/cpu.pb.gz");
const GO_HEAP: &[u8] = include_bytes!("../../../../pprof/fixtures/go/heap.pb.gz");
const GO_GOROUTINES: &[u8] = include_bytes!("../../../../pprof/fixtures/go/goroutine.pb.gz");

/// What a server does with a connection, given the request's first line.
type Serve = fn(&str) -> Answer;

/// An answer of a small server.
enum Answer {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is reset.
    Reset(Vec<u8>),
    /// These bytes, then more without end.
    Endless(Vec<u8>),
    /// Nothing, and the connection stays open.
    Silence,
}

/// A server on a free port that ends with the test's runtime.
async fn server(serve: Serve) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection, serve));
        }
    });
    url
}

async fn answer(mut connection: TcpStream, serve: Serve) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    // The client may leave whenever it wants.
    match serve(head.lines().next().unwrap()) {
        Answer::Bytes(bytes) => {
            connection.write_all(&bytes).await.ok();
        }
        Answer::Reset(bytes) => {
            connection.write_all(&bytes).await.ok();
            connection.set_zero_linger().ok();
        }
        Answer::Endless(bytes) => {
            let mut written = connection.write_all(&bytes).await;
            while written.is_ok() {
                written = connection.write_all(&[0; 1 << 16]).await;
            }
        }
        Answer::Silence => {
            connection.read_u8().await.ok();
        }
    }
}

fn http(status: &str, body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Answer::Bytes([head.as_bytes(), body].concat())
}

fn is_index(line: &str) -> bool {
    line.starts_with("GET /debug/pprof/ ")
}

/// A profile with this many samples of one Rust function.
fn file(samples: u64) -> Vec<u8> {
    let frame =
        Frame { function: "app::main".to_owned(), file: Some("src/main.rs".to_owned()), line: Some(3) };
    let stacks = if samples > 0 { vec![Stack { frames: vec![0], samples }] } else { Vec::new() };
    let profile = Profile {
        profiler: ProfilerKind::PprofHttp,
        clock: ProfileClock::Cpu,
        rate_hz: 100.0,
        window: ProfileWindow { from_s: 0.0, to_s: 0.0 },
        samples: SampleCounts::default(),
        target_cpu_time_s: None,
        notes: Vec::new(),
        frames: vec![frame],
        stacks,
    };
    aforo_pprof::encode(&profile, 0, &[])
}

fn refuses_no_seconds(line: &str) -> Answer {
    match line {
        _ if is_index(line) => http("404 Not Found", b"no such route"),
        _ if line.contains("seconds=0") => http("422 Unprocessable Content", b"seconds must be 1 to 60"),
        _ if line.contains("/debug/pprof/profile?seconds=2&frequency=99 ") => http("200 OK", &file(5)),
        _ => http("404 Not Found", b""),
    }
}

fn target(base_url: &Url) -> ProfiledTarget {
    ProfiledTarget { base_url: Some(base_url.clone()), ..ProfiledTarget::default() }
}

async fn why_not(serve: Serve) -> String {
    let url = server(serve).await;
    let obstacle = PprofHttp::probe(&target(&url)).await.unwrap_err();
    assert!(!obstacle.remedy.is_empty());
    obstacle.why
}

/// What comes of a profile of 1.5 s, which is asked for as 2 s.
async fn recorded(serve: Serve) -> Result<Profile, ProfileError> {
    recorded_of(Duration::from_millis(1_500), serve).await
}

async fn recorded_of(window: Duration, serve: Serve) -> Result<Profile, ProfileError> {
    let url = profile_url(&target(&server(serve).await)).unwrap();
    let profiler = PprofHttp { client: exchange::client().unwrap(), url };
    let request = ProfileRequest { rate_hz: 99, window };
    profiler.record(request, Instant::now(), CancellationToken::new()).await
}

async fn refusal(serve: Serve) -> String {
    recorded(serve).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_target_that_refuses_no_seconds_fits_and_its_profile_is_read() {
    PprofHttp::probe(&target(&server(refuses_no_seconds).await)).await.unwrap();
    let profile = recorded(refuses_no_seconds).await.unwrap();
    assert_eq!((profile.samples.kept, profile.rate_hz, profile.clock), (5, 100.0, ProfileClock::Cpu));
    assert_eq!(profile.frames[0].function, "app::main");
    assert!(profile.notes[0].contains("pprof-rs with frame pointers"), "{:?}", profile.notes);
}

#[tokio::test]
async fn a_target_with_the_page_of_go_fits_without_being_asked_for_more() {
    let url = server(|line| match is_index(line) {
        true => http("200 OK", GO_INDEX),
        false => Answer::Silence,
    });
    PprofHttp::probe(&target(&url.await)).await.unwrap();
}

#[tokio::test]
async fn the_profile_of_a_target_in_go_is_read() {
    let profile = recorded(|_| http("200 OK", GO_PROFILE)).await.unwrap();
    assert_eq!((profile.rate_hz, profile.clock), (100.0, ProfileClock::Cpu));
    assert!(profile.frames.iter().any(|frame| frame.function == "main.fingerprint"));
    assert_eq!(profile.notes, [""; 0]);
}

#[tokio::test]
async fn what_go_serves_of_memory_and_goroutines_is_no_profile_of_time() {
    let cases: [(Serve, &str); 2] = [
        (|_| http("200 OK", GO_HEAP), "it is a profile of alloc_objects/count, alloc_space/bytes"),
        (|_| http("200 OK", GO_GOROUTINES), "it is a profile of goroutine/count, not of CPU or wall time"),
    ];
    for (serve, expected) in cases {
        let error = refusal(serve).await;
        assert!(error.contains(expected) && error.ends_with("ask for the CPU profile"), "{error}");
    }
}

#[tokio::test]
async fn a_url_of_gos_other_profiles_is_an_obstacle_although_its_index_is_there() {
    let base = server(|_| http("200 OK", GO_INDEX)).await;
    for (path, expected) in [("heap", "Go serves its heap there"), ("trace", "Go serves its trace there")] {
        let url = base.join("/debug/pprof/").unwrap().join(path).unwrap();
        let named = ProfiledTarget { pprof_url: Some(url), ..ProfiledTarget::default() };
        let obstacle = PprofHttp::probe(&named).await.unwrap_err();
        assert!(obstacle.why.contains(expected) && obstacle.remedy.ends_with("/profile"), "{obstacle:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_long_profile_is_asked_for_shorter_ones() {
    // Go compares with the server's WriteTimeout: of 8 s here.
    let serve: Serve = |line| {
        let seconds = line.split("seconds=").nth(1).unwrap().split('&').next().unwrap();
        match seconds.parse::<u64>().unwrap() {
            0..8 => http("200 OK", &file(5)),
            _ => http("400 Bad Request", b"profile duration exceeds server's WriteTimeout\n"),
        }
    };
    let profile = recorded_of(Duration::from_secs(20), serve).await.unwrap();
    let note = profile.notes.last().unwrap();
    assert!(note.starts_with("The profile is of 6 s, where 20 s were wanted"), "{note}");
    let none: Serve = |_| http("400 Bad Request", b"profile duration exceeds server's WriteTimeout\n");
    let error = recorded_of(Duration::from_secs(20), none).await.unwrap_err().to_string();
    assert!(error.contains("it answered 400") && error.contains("WriteTimeout"), "{error}");
}

#[tokio::test]
async fn a_target_that_takes_a_profile_of_no_seconds_fits() {
    let empty: Serve =
        |line| if is_index(line) { http("404 Not Found", b"") } else { http("200 OK", &file(0)) };
    PprofHttp::probe(&target(&server(empty).await)).await.unwrap();
}

#[tokio::test]
async fn a_slow_answer_and_a_bare_refusal_count_only_where_the_user_named_the_url() {
    let slow: Serve = |line| if is_index(line) { http("404 Not Found", b"") } else { Answer::Silence };
    let gateway: Serve =
        |_| http("400 Bad Request", b"unknown path /debug/pprof/profile?seconds=0&frequency=99");
    let busy: Serve = |_| http("429 Too Many Requests", b"");
    for (serve, expected) in
        [(slow, "it did not answer within 2 s"), (gateway, "it answered 400"), (busy, "it answered 429")]
    {
        let why = why_not(serve).await;
        assert!(why.contains(expected), "{why}");
        let url = server(serve).await.join("/cpu").unwrap();
        let named = ProfiledTarget { pprof_url: Some(url), ..ProfiledTarget::default() };
        PprofHttp::probe(&named).await.unwrap();
    }
}

#[tokio::test]
async fn of_an_answer_to_no_seconds_one_mebibyte_is_read() {
    let endless: Serve = |line| match is_index(line) {
        true => http("404 Not Found", b""),
        false => Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
    };
    let why = why_not(endless).await;
    assert!(why.contains("more than 1 MiB"), "{why}");
}

#[tokio::test]
async fn other_answers_are_obstacles_that_say_what_came() {
    let cases: [(Serve, &str); 6] = [
        (|_| http("404 Not Found", b"404 page not found"), "it answered 404"),
        (|_| http("200 OK", b"<!doctype html><title>App</title>"), "it is an HTML page"),
        (|_| http("200 OK", br#"{"ok":true}"#), "it is JSON"),
        (|_| http("200 OK", b""), "it is empty"),
        (|_| http("401 Unauthorized", b""), "asks for authorization"),
        (|_| http("302 Found\r\nlocation: http://192.0.2.1/", b""), "it answered 302"),
    ];
    for (serve, expected) in cases {
        let why = why_not(serve).await;
        assert!(why.starts_with("no pprof endpoint at http://127.0.0.1:") && why.contains(expected), "{why}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_and_a_target_without_url_are_obstacles() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let why = PprofHttp::probe(&target(&url)).await.unwrap_err().why;
    assert!(why.contains("could not be reached"), "{why}");
    let why = PprofHttp::probe(&ProfiledTarget::default()).await.unwrap_err().why;
    assert_eq!(why, "no URL of the target is known");
}

#[tokio::test]
async fn what_the_user_named_is_believed_where_the_answers_leave_it_open() {
    let url = server(|_| http("200 OK", b"")).await;
    let named = ProfiledTarget { pprof_url: Some(url.join("/cpu").unwrap()), ..ProfiledTarget::default() };
    PprofHttp::probe(&named).await.unwrap();
    PprofHttp::probe(&target(&url)).await.unwrap_err();
}

#[tokio::test]
async fn bad_answers_become_errors_that_say_what_came() {
    let cases: [(Serve, &str); 6] = [
        (|_| http("200 OK", b"<html>"), "did not serve a profile: it is an HTML page"),
        (|_| http("404 Not Found", b"404 page not found"), "it answered 404: \"404 page not found\""),
        (|_| http("200 OK", &[0xff; 64]), "it is damaged or of another format"),
        (|_| http("409 Conflict", b""), "already taking a profile for somebody else"),
        (
            |_| Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort".to_vec()),
            "the target may have restarted",
        ),
        (
            |_| Answer::Reset(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n".to_vec()),
            "the target may have restarted",
        ),
    ];
    for (serve, expected) in cases {
        let error = refusal(serve).await;
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[tokio::test]
async fn a_secret_of_the_url_that_the_target_repeats_is_in_no_error() {
    let repeats: Serve = |line| http("404 Not Found", format!("cannot {line}").as_bytes());
    let mut url = profile_url(&target(&server(repeats).await)).unwrap();
    url.set_query(Some("token=s3cret"));
    let profiler = PprofHttp { client: exchange::client().unwrap(), url };
    let request = ProfileRequest { rate_hz: 99, window: Duration::from_secs(1) };
    let error = profiler.record(request, Instant::now(), CancellationToken::new()).await.unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("it answered 404: \"cannot GET /debug/pprof/profile?") && !error.contains("s3cret"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_whether_it_tells_its_length_or_not() {
    let told: Serve = |_| Answer::Endless(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".to_vec());
    let untold: Serve = |_| Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    for serve in [told, untold] {
        let url = server(serve).await;
        let fetched =
            exchange::fetch(&exchange::client().unwrap(), url, Duration::from_secs(60), 1 << 20).await;
        assert!(matches!(fetched, Err(Fault::TooLarge(1_048_576))), "{fetched:?}");
    }
}

#[tokio::test]
async fn a_profile_in_which_nothing_ran_is_an_error() {
    let error = recorded(|_| http("200 OK", &file(0))).await.unwrap_err();
    assert!(matches!(error, ProfileError::NoSamples { .. }), "{error}");
}

#[tokio::test]
async fn a_profile_that_is_stopped_ends_at_once() {
    let url = server(|_| Answer::Silence).await;
    let stop = CancellationToken::new();
    let profiler = PprofHttp { client: exchange::client().unwrap(), url };
    let request = ProfileRequest { rate_hz: 99, window: Duration::from_secs(3_600) };
    stop.cancel();
    let error = profiler.record(request, Instant::now(), stop).await.unwrap_err();
    assert!(error.to_string().contains("it was stopped before"), "{error}");
}

#[test]
fn a_window_is_asked_for_in_whole_seconds() {
    let seconds =
        [0, 1, 999, 1_000, 1_001, 5_000].map(|ms| whole_seconds(Duration::from_millis(ms)).as_secs());
    assert_eq!(seconds, [1, 1, 1, 1, 2, 5]);
}
