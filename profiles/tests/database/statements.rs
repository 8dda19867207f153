//! Windows of statements, whole and torn.

use std::time::{Duration, Instant};

use aforo_model::database::{StatementWindow, WindowGap};
use aforo_profiles::{STATEMENT_TAG, StatementReader, StatementWatch};
use sqlx::{Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::server::{role, run, start_with_schema};

fn calls(window: &StatementWindow, start: &str) -> u64 {
    let with_text =
        window.statements.iter().filter(|s| s.text.as_deref().is_some_and(|t| t.starts_with(start)));
    with_text.map(|statement| statement.counters.calls).sum()
}

#[tokio::test]
async fn a_window_counts_what_ran_in_it_and_nothing_of_aforos_own() {
    let (server, mut admin) = start_with_schema().await;
    run(&mut admin, "SELECT count(*) FROM guests").await;
    run(&mut admin, "CREATE DATABASE other").await;
    let mut reader = StatementReader::connect(&server.url()).await.unwrap();
    let before = reader.snapshot().await.unwrap();
    for _ in 0..7 {
        run(&mut admin, "SELECT count(*) FROM guests").await;
    }
    run(&mut admin, "UPDATE guests SET name = 'Dan' WHERE id <= 20").await;
    let mut other =
        PgConnection::connect(&server.url().replace("/aforo", "/other").replace("/other@", "/aforo@"))
            .await
            .unwrap();
    run(&mut other, "SELECT 'of another database'").await;
    let after = reader.snapshot().await.unwrap();
    let window = reader.window(&before, &after).await.unwrap();

    assert_eq!((calls(&window, "SELECT count(*) FROM guests"), calls(&window, "UPDATE guests")), (7, 1));
    let update = window.statements.iter().find(|s| s.text.as_deref().unwrap().starts_with("UPDATE")).unwrap();
    assert_eq!(update.counters.rows, 20);
    assert!(update.counters.wal_bytes > 0 && update.counters.shared_hit_blocks > 0);
    assert_eq!(update.text.as_deref(), Some("UPDATE guests SET name = $1 WHERE id <= $2"));
    assert_eq!(window.statements.len(), 2, "{window:?}");
    assert_eq!((window.from, window.to), (Some(before.taken_at()), after.taken_at()));
    assert!(window.elapsed_s.unwrap() > 0.0 && window.gaps.is_empty() && !window.tracks_nested);

    // Aforo's are counted by the server and can be told.
    let own: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM \"My.Schema\".pg_stat_statements WHERE query LIKE '%' || $1 || '%'",
    )
    .bind(STATEMENT_TAG)
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert!(own >= 5, "{own}");
    server.stop().await;
}

#[tokio::test]
async fn a_reset_and_an_eviction_meanwhile_tear_the_window() {
    let (server, mut admin) = start_with_schema().await;
    let mut reader = StatementReader::connect(&server.url()).await.unwrap();
    let before = reader.snapshot().await.unwrap();
    run(&mut admin, "SELECT \"My.Schema\".pg_stat_statements_reset()").await;
    run(&mut admin, "SELECT count(*) FROM guests").await;
    let after = reader.snapshot().await.unwrap();
    let window = reader.window(&before, &after).await.unwrap();
    assert_eq!(
        (window.gaps.as_slice(), calls(&window, "SELECT count(*)")),
        ([WindowGap::Reset].as_slice(), 1)
    );

    // 5000 rows is what the server keeps as it is shipped; it evicts a twentieth at a time.
    run(&mut admin, &different_statements(5200)).await;
    let later = reader.snapshot().await.unwrap();
    let torn = reader.window(&after, &later).await.unwrap();
    assert!(
        torn.gaps.iter().any(|gap| matches!(gap, WindowGap::Evicted { evictions } if *evictions > 0)),
        "{:?}",
        torn.gaps
    );
    server.stop().await;
}

#[tokio::test]
async fn a_role_of_its_own_sees_its_own_statements_and_how_many_it_does_not() {
    let (server, mut admin) = start_with_schema().await;
    let url = role(&mut admin, &server, "app").await;
    run(&mut admin, "GRANT USAGE ON SCHEMA \"My.Schema\" TO app; GRANT SELECT ON guests TO app").await;
    let mut app = PgConnection::connect(&url).await.unwrap();
    app.execute("SELECT max(id) FROM guests").await.unwrap();
    let mut reader = StatementReader::connect(&url).await.unwrap();
    let window = reader.since_reset().await.unwrap();
    assert_eq!((window.statements.len(), calls(&window, "SELECT max(id)")), (1, 1));
    assert!(matches!(window.gaps.as_slice(), [WindowGap::TextsHidden { statements }] if *statements > 10));
    assert_eq!(reader.hidden(&window).unwrap().remedy, "GRANT pg_monitor TO app");
    server.stop().await;
}

/// Runs statements that differ in more than constants and names, which `pg_stat_statements` does not look at.
fn different_statements(count: u32) -> String {
    format!(
        "SET pg_stat_statements.track = 'all'; DO $$ BEGIN FOR i IN 1..{count} LOOP EXECUTE \
         'SELECT ' || repeat('1,', i % 75) || '1 WHERE 0 < ' || repeat('1+', i / 75) || '1'; END LOOP; END $$; \
         SET pg_stat_statements.track = 'top'"
    )
}

#[tokio::test]
async fn seconds_add_up_to_the_window_and_cost_the_server_little() {
    let (server, mut admin) = start_with_schema().await;
    run(&mut admin, &different_statements(500)).await;
    let origin = Instant::now();
    let watch = StatementWatch::start(&server.url(), origin).await.unwrap();
    let stop = CancellationToken::new();
    let watching = tokio::spawn(watch.run_until(stop.clone()));
    for _ in 0..30 {
        run(&mut admin, "SELECT count(*) FROM guests").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    let series = watching.await.unwrap().unwrap();

    let count =
        series.window.statements.iter().find(|s| s.text.as_deref() == Some("SELECT count(*) FROM guests"));
    let key = count.unwrap().key;
    let each = series.seconds.iter().flat_map(|second| &second.calls).filter(|calls| calls.key == key);
    assert_eq!(each.map(|calls| calls.calls).sum::<u64>(), 30);
    assert!(series.seconds.len() >= 3, "{}", series.seconds.len());
    assert!(series.seconds.is_sorted_by(|a, b| a.at_s + a.elapsed_s <= b.at_s + 1e-6));
    let statements = series.seconds.iter().map(|second| second.calls.len()).max().unwrap();
    assert!(statements <= 2, "only what ran is told, and nothing of Aforo's: {statements}");

    let (mean_ms, rows): (f64, f64) = sqlx::query_as(
        "SELECT sum(total_exec_time) / max(calls), max(rows / calls::float8) FROM \"My.Schema\".pg_stat_statements \
         WHERE query LIKE 'SELECT /* aforo */ userid%' AND query NOT LIKE '%ANY%'",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    println!("one snapshot of {rows:.0} statements took the server {mean_ms:.2} ms");
    assert!(rows >= 500.0, "{rows}");
    server.stop().await;
}

#[tokio::test]
async fn a_restart_meanwhile_is_told_and_the_watch_goes_on() {
    let (server, mut admin) = start_with_schema().await;
    let watch = StatementWatch::start(&server.url(), Instant::now()).await.unwrap();
    let stop = CancellationToken::new();
    let watching = tokio::spawn(watch.run_until(stop.clone()));
    run(&mut admin, "SELECT count(*) FROM guests").await;
    let server = server.restart().await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    run(&mut admin, "SELECT count(*) FROM guests").await;
    stop.cancel();
    let series = watching.await.unwrap().unwrap();
    // The server keeps the counters over an orderly restart.
    assert_eq!(series.window.gaps, [WindowGap::Restarted]);
    assert_eq!(calls(&series.window, "SELECT count(*) FROM guests"), 2);
    server.stop().await;
}
