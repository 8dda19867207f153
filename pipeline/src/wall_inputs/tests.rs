use std::time::Duration;

use aforo_model::database::{StatementCounters, StatementDelta, StatementKey, WaitCount};
use aforo_profiles::connect_redis;
use aforo_sandbox::{Postgres, PostgresOptions, Redis, RedisOptions};
use chrono::Utc;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::*;

fn statement(is_top_level: bool, exec_time_ms: f64) -> StatementDelta {
    StatementDelta {
        key: StatementKey { role_oid: 1, database_oid: 1, query_id: 1, is_top_level },
        text: None,
        counters: StatementCounters { exec_time_ms, plan_time_ms: 1.0, ..StatementCounters::default() },
    }
}

fn window(statements: Vec<StatementDelta>, gaps: Vec<WindowGap>) -> StatementWindow {
    StatementWindow { from: None, to: Utc::now(), elapsed_s: None, statements, gaps, tracks_nested: true }
}

#[test]
fn statements_within_functions_are_in_the_time_of_those_that_call_them() {
    let window =
        window(vec![statement(true, 20.0), statement(false, 15.0), statement(true, 3.0)], Vec::new());
    assert_eq!(time_ms(&window), 25.0);
}

#[test]
fn a_window_that_misses_something_has_no_total() {
    assert_eq!(torn(&window(Vec::new(), Vec::new())), None);
    for gap in [WindowGap::Reset, WindowGap::Restarted, WindowGap::Evicted { evictions: 7 }] {
        let missing = torn(&window(Vec::new(), vec![gap.clone()])).unwrap();
        assert!(!missing.why.is_empty() && !missing.remedy.is_empty(), "{gap:?}");
    }
}

#[test]
fn sessions_are_counted_by_readings() {
    let wait = |sightings| WaitCount {
        event_type: "CPU".to_owned(),
        event: String::new(),
        query_id: None,
        sightings,
    };
    let window = ActivityWindow { readings: 10, waits: vec![wait(20), wait(5)], ..ActivityWindow::default() };
    assert_eq!(mean_active_sessions(&window), Some(2.5));
    assert_eq!(mean_active_sessions(&ActivityWindow::default()), None);
}

fn target(database_url: Option<String>, redis_url: Option<String>) -> Target {
    Target { database_url, redis_url, ..Target::parse("http://127.0.0.1:9").unwrap() }
}

/// Reads the first time once the watch has begun, and ends it after `work`.
async fn watched(target: &Target, work: impl Future<Output = ()>) -> WallReadings {
    let stop = CancellationToken::new();
    let watch = WallWatch::connect(target).await;
    let running = tokio::spawn(watch.run(Instant::now(), stop.clone()));
    // The first reading takes milliseconds; what is done before it would not be counted.
    tokio::time::sleep(Duration::from_millis(500)).await;
    work.await;
    stop.cancel();
    running.await.unwrap()
}

#[tokio::test]
async fn what_an_application_did_meanwhile_is_measured_on_real_servers() {
    let postgres =
        Postgres::start(PostgresOptions { max_connections: 20, ..PostgresOptions::default() }).await.unwrap();
    let redis = Redis::start(RedisOptions::default()).await.unwrap();
    let mut application = PgConnection::connect(&postgres.url()).await.unwrap();
    application.execute("CREATE EXTENSION pg_stat_statements").await.unwrap();
    application.execute("SELECT pg_sleep(0.2) /* before */").await.unwrap();
    let mut cache = connect_redis(&redis.url()).await.unwrap();

    let readings = watched(&target(Some(postgres.url()), Some(redis.url())), async {
        for number in 0..3 {
            application.execute("SELECT pg_sleep(0.5)").await.unwrap();
            let () = redis::cmd("SET").arg("key").arg(number).query_async(&mut cache).await.unwrap();
        }
    })
    .await;

    assert_eq!(readings.unread, []);
    // The server's clock measures both, so that only what else it did may be added.
    let statement_time_ms = readings.statement_time_ms.unwrap();
    assert!((1_500.0..2_500.0).contains(&statement_time_ms), "{statement_time_ms}");
    // Fifteen of twenty samples, give or take late ones.
    let active_session_s = readings.active_session_s.unwrap();
    assert!((1.0..3.0).contains(&active_session_s), "{active_session_s}");
    let commands = readings.commands.unwrap();
    let calls: Vec<(&str, u64)> = commands.iter().map(|each| (each.command.as_str(), each.calls)).collect();
    assert_eq!(calls, [("set", 3)]);

    application.close().await.unwrap();
    redis.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn servers_that_are_not_known_or_not_there_are_named_with_a_remedy() {
    let unread =
        |readings: &WallReadings| readings.unread.iter().map(|each| each.what.clone()).collect::<Vec<_>>();
    let unnamed = watched(&target(None, None), async {}).await;
    assert_eq!(unread(&unnamed), ["statements", "redis-commands"]);

    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = target(
        Some(format!("postgres://ana:s3cret@{}/hotel", free())),
        Some(format!("redis://:s3cret@{}", free())),
    );
    let gone = watched(&gone, async {}).await;
    assert_eq!(unread(&gone), ["statements", "activity", "redis-commands"]);
    assert!(gone.unread.iter().all(|each| !each.remedy.is_empty()), "{:?}", gone.unread);
    assert!(!format!("{:?}", gone.unread).contains("s3cret"), "{:?}", gone.unread);
}
