//! Rows written between two moments.

use std::time::{Duration, Instant};

use aforo_profiles::TableWriteWatch;
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::server::{run, start_with_schema};

async fn inserted(admin: &mut PgConnection) -> i64 {
    let sql = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'pages'";
    sqlx::query_scalar(sql).fetch_one(admin).await.unwrap()
}

#[tokio::test]
async fn rows_are_counted_that_were_written_while_it_was_watched() {
    let (server, mut admin) = start_with_schema().await;
    run(&mut admin, "CREATE TABLE pages (id int PRIMARY KEY, hits int) WITH (fillfactor = 50)").await;
    let mut writer = PgConnection::connect(&server.url()).await.unwrap();
    run(&mut writer, "INSERT INTO pages SELECT n, 0 FROM generate_series(1, 40) AS n").await;
    // What a session has written is counted at its end at the latest.
    writer.close().await.unwrap();
    until_inserted(&mut admin, 40).await;

    let stop = CancellationToken::new();
    let watching = tokio::spawn(TableWriteWatch::start(&server.url()).await.unwrap().run_until(stop.clone()));
    let mut writer = PgConnection::connect(&server.url()).await.unwrap();
    run(&mut writer, "INSERT INTO pages SELECT n, 0 FROM generate_series(41, 60) AS n").await;
    run(&mut writer, "UPDATE pages SET hits = 1 WHERE id <= 5").await;
    writer.close().await.unwrap();
    until_inserted(&mut admin, 60).await;
    stop.cancel();
    let window = watching.await.unwrap().unwrap();

    assert_eq!(window.tables.len(), 1, "{window:?}");
    let writes = window.tables.values().next().unwrap();
    assert_eq!((writes.inserts, writes.updates, writes.hot_updates), (20, 5, 5), "{window:?}");
    assert_eq!(writes.rows_entered(), 20);
    assert!(window.elapsed_s > 0.0);
    server.stop().await;
}

async fn until_inserted(admin: &mut PgConnection, rows: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while inserted(admin).await != rows {
        assert!(Instant::now() < deadline, "{rows} rows were not counted within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
