use std::net::{IpAddr, Ipv4Addr, TcpListener};

use aforo_analyzers::{trace_findings, typical_requests};
use aforo_model::database::{Repetition, StatementCalls};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::*;

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Something that accepts connections and says nothing, and where it is.
fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(ANY_PORT).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn reading(page_size: u32, is_expected: bool) -> ProbeReading {
    ProbeReading {
        step: "list".into(),
        page_size: Some(page_size),
        offset: Some(0),
        is_fresh: true,
        status: Some(if is_expected { 200 } else { 500 }),
        is_expected,
        items: Vec::new(),
        received_bytes: 0,
        elapsed_s: 0.0,
        watched_s: 0.0,
        is_complete: true,
        calls: Vec::new(),
    }
}

/// The work of a list endpoint with two faults: the guest of each item by a statement of its own, and a setting that is read
/// again and again.
async fn answer(application: &mut PgConnection, page_size: u32) {
    let mut transaction = application.begin().await.unwrap();
    let ids: Vec<i32> = sqlx::query_scalar("SELECT id FROM bookings ORDER BY id LIMIT $1")
        .bind(i64::from(page_size))
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    for id in ids {
        let guest = "SELECT guest FROM bookings WHERE id = $1 AND note <> 'Zebra-7731'";
        let _: String = sqlx::query_scalar(guest).bind(id).fetch_one(&mut *transaction).await.unwrap();
    }
    for _ in 0..4 {
        let currency = "SELECT value FROM settings WHERE name = $1";
        let _: String =
            sqlx::query_scalar(currency).bind("currency-4242").fetch_one(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_request_is_seen_statement_by_statement_without_its_values() {
    let tracer = Tracer::before_private_postgres(ANY_PORT).await.unwrap();
    let mut owner = PgConnection::connect(tracer.database_url()).await.unwrap();
    owner
        .execute(
            "CREATE TABLE bookings AS SELECT id, 'guest ' || id AS guest, '' AS note FROM generate_series(1, 50) AS id;
             CREATE TABLE settings AS SELECT 'currency-4242' AS name, 'EUR' AS value",
        )
        .await
        .unwrap();
    let mut application = PgConnection::connect(tracer.url()).await.unwrap();
    let (_listener, address) = listener();
    let target = Target::parse(&format!("http://{address}")).unwrap();
    let waited = &mut |event: AnalysisEvent<'_>| panic!("it is connected, and yet: {event:?}");
    tracer.wait_for(&target, waited).await.unwrap();

    let mut watched = Watched::default();
    for (page_size, is_expected) in [(5, true), (20, true), (20, true), (40, false)] {
        answer(&mut application, 3).await;
        let recording = Recording::start(&tracer);
        answer(&mut application, page_size).await;
        if let Some(seen) = recording.finish(&reading(page_size, is_expected)) {
            watched.take_trace(seen);
        }
    }
    let of_setting = watched.known_calls.values().find(|call| call.text.contains("FROM settings")).unwrap();
    assert_eq!(of_setting.values, [Some("currency-4242".to_owned())]);
    let typical = typical_requests(watched.traces, &[]);
    let [request] = &typical[..] else { panic!("one step: {typical:?}") };
    assert_eq!((request.page_size, request.requests), (Some(20), 2), "failed requests do not count");
    assert_eq!((request.executions, request.transactions), (27, 1));
    let lines: Vec<(&str, u64, u64, u64)> = request
        .statements
        .iter()
        .map(|line| (line.text.as_str(), line.count, line.distinct_values, line.rows))
        .collect();
    let expected = [
        ("BEGIN", 1, 1, 0),
        ("SELECT id FROM bookings ORDER BY id LIMIT $1", 1, 1, 20),
        ("SELECT guest FROM bookings WHERE id = $1 AND note <> $2", 20, 20, 20),
        ("SELECT value FROM settings WHERE name = $1", 4, 1, 4),
        ("COMMIT", 1, 1, 0),
    ];
    assert_eq!(lines, expected);
    assert_eq!(request.statements[3].repetition, Some(Repetition::SameValues));
    let findings = trace_findings(&typical);
    assert_eq!(findings.iter().map(|found| found.code.as_str()).collect::<Vec<_>>(), ["repeated-statement"]);
    let saved = serde_json::to_string(&(&typical, &findings)).unwrap();
    assert!(!saved.contains("4242") && !saved.contains("7731") && !saved.contains("guest 7"), "{saved}");

    drop(application);
    tracer.stop().await;
    owner.execute("SELECT 1").await.unwrap_err();
}

#[tokio::test]
async fn an_application_that_does_not_connect_is_told_where_to() {
    let (_upstream, upstream) = listener();
    let (_application, application) = listener();
    let url = format!("postgres://ada:s3cret@{upstream}/shop");
    let tracer = Tracer::before(&url, ANY_PORT).await.unwrap();
    let tracer = Tracer { longest_wait: Duration::from_millis(1), ..tracer };
    let target = Target::parse(&format!("http://{application}")).unwrap();
    let mut told = Vec::new();
    let error = tracer
        .wait_for(&target, &mut |event| {
            if let AnalysisEvent::WaitingForApplication { url, .. } = event {
                told.push(url.to_owned());
            }
        })
        .await
        .unwrap_err();
    let port = tracer.url().rsplit_once(':').unwrap().1.split('/').next().unwrap();
    let masked = format!("postgres://ada:***@127.0.0.1:{port}/shop");
    assert_eq!(told, [masked.as_str()], "once");
    assert!(error.to_string().contains(&masked), "{error}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let (_upstream, upstream) = listener();
    let (_taken, taken) = listener();
    let url = format!("postgres://ada:s3cret@{upstream}/shop");
    let message = Tracer::before(&url, taken).await.unwrap_err().to_string();
    assert!(message.contains(&taken.to_string()) && message.contains("in use"), "{message}");
    assert!(message.contains("port 0") && !message.contains("s3cret"), "{message}");
}

#[tokio::test]
async fn statements_that_pass_by_the_proxy_are_missed() {
    let (_upstream, upstream) = listener();
    let tracer = Tracer::before(&format!("postgres://{upstream}/shop"), ANY_PORT).await.unwrap();
    let asked = || ProbeReading {
        calls: vec![StatementCalls {
            key: aforo_model::database::StatementKey {
                role_oid: 1,
                database_oid: 1,
                query_id: 1,
                is_top_level: true,
            },
            calls: 1,
            rows: 1,
            exec_time_ms: 1.0,
            blocks: 1,
        }],
        ..reading(1, true)
    };
    let nothing = fold_request("list", Some(1), &aforo_model::database::StatementTrace::default());
    let watched = Watched { readings: vec![asked()], traces: vec![nothing], ..Watched::default() };
    assert_eq!(unseen(Some(&tracer), &watched).unwrap().what, "traces");
    assert_eq!(unseen(None, &watched), None);
    assert_eq!(unseen(Some(&tracer), &Watched::default()), None);
}
