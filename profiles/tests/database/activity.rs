//! Waits and blocking chains, seen while they last.

use std::time::{Duration, Instant};

use aforo_model::database::ActivityWindow;
use aforo_profiles::ActivityWatch;
use sqlx::{Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::server::{role, run, start, start_with_schema};

/// Sessions of this database that wait for a lock.
async fn waiting(admin: &mut PgConnection) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    sqlx::query_scalar(sql).fetch_one(admin).await.unwrap()
}

async fn until_waiting(admin: &mut PgConnection, sessions: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while waiting(admin).await != sessions {
        assert!(Instant::now() < deadline, "not {sessions} sessions waited within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn blocked(url: String, sql: &'static str) -> tokio::task::JoinHandle<()> {
    let mut session = PgConnection::connect(&url).await.unwrap();
    tokio::spawn(async move {
        session.execute(sql).await.unwrap();
        session.execute("ROLLBACK").await.unwrap();
    })
}

/// Watches for some readings and then stops.
async fn watch(url: &str, readings: u32) -> Result<ActivityWindow, aforo_profiles::DatabaseError> {
    let stop = CancellationToken::new();
    let watching = tokio::spawn(ActivityWatch::start(url).await.unwrap().run_until(stop.clone()));
    tokio::time::sleep(Duration::from_millis(100) * readings).await;
    stop.cancel();
    watching.await.unwrap()
}

#[tokio::test]
async fn a_chain_of_three_sessions_leads_to_the_one_that_idles_in_its_transaction() {
    let (server, mut admin) = start_with_schema().await;
    let mut head = PgConnection::connect(&server.url()).await.unwrap();
    head.execute("BEGIN; UPDATE guests SET name = 'Bea' WHERE id = 1").await.unwrap();
    let sql =
        "BEGIN; UPDATE guests SET name = 'Cid' WHERE id = 2; UPDATE guests SET name = 'Cid' WHERE id = 1";
    let middle = blocked(server.url(), sql).await;
    until_waiting(&mut admin, 1).await;
    let tail = blocked(server.url(), "BEGIN; DELETE FROM guests WHERE id = 2").await;
    until_waiting(&mut admin, 2).await;

    let window = watch(&server.url(), 12).await.unwrap();
    head.execute("ROLLBACK").await.unwrap();
    middle.await.unwrap();
    tail.await.unwrap();

    assert!(window.readings >= 3, "{window:?}");
    assert_eq!(window.blocking.len(), 2, "{window:?}");
    for chain in &window.blocking {
        assert_eq!(chain.blocker_state.as_deref(), Some("idle in transaction"));
        assert_eq!((chain.sightings, chain.widest), (window.readings, 2));
        assert!((chain.longest_s - window.elapsed_s).abs() < 0.01, "{window:?}");
    }
    assert_eq!(window.blocking[0].blocker_query_id, window.blocking[1].blocker_query_id);
    let ids = window.blocking.iter().flat_map(|chain| [chain.blocker_query_id, chain.blocked_query_id]);
    assert!(server.version().major < 14 || ids.into_iter().all(|id| id.is_some()), "{window:?}");
    assert_eq!(window.waits[0].event_type, "Lock");
    assert_eq!(window.peak_active_sessions, 2);
    assert_eq!(
        window.peak_sessions, 4,
        "the admin's, the head and the two that wait; Aforo's own is left out"
    );
    assert_eq!(window.hidden_sessions, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_role_that_sees_nobody_is_told_what_to_grant_and_one_that_sees_itself_watches_that() {
    let server = start().await;
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    let url = role(&mut admin, &server, "guest").await;
    let error = watch(&url, 2).await.unwrap_err().into_skipped("activity");
    assert_eq!((error.what.as_str(), error.remedy.as_str()), ("activity", "GRANT pg_monitor TO guest"));

    let mut own = PgConnection::connect(&url).await.unwrap();
    own.execute("SELECT 1").await.unwrap();
    let window = watch(&url, 2).await.unwrap();
    assert_eq!((window.hidden_sessions, window.states[0].state.as_str()), (1, "idle"), "{window:?}");
    run(&mut admin, "GRANT pg_monitor TO guest").await;
    assert_eq!(watch(&url, 2).await.unwrap().hidden_sessions, 0);
    server.stop().await;
}
