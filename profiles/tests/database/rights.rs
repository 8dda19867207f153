//! What lesser roles get, and that reading leaves no trace.

use std::time::{Duration, Instant};

use aforo_model::database::DatabaseEvidence;
use aforo_profiles::{ActivityWatch, StatementWatch, read_database};
use sqlx::{Connection, Executor, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::server::{role, run, start, start_with_schema};

fn remedy<'a>(evidence: &'a DatabaseEvidence, what: &str) -> &'a str {
    let skipped = evidence.skipped.iter().find(|skipped| skipped.what == what);
    &skipped.unwrap_or_else(|| panic!("{what} is not among {:?}", evidence.skipped)).remedy
}

#[tokio::test]
async fn a_role_without_rights_is_told_the_grant_for_each_part_it_misses() {
    let (server, mut admin) = start_with_schema().await;
    let url = role(&mut admin, &server, "\"Gu est\"").await.replace("\"Gu est\"", "Gu%20est");
    let evidence = read_database(&url, None, None).await.unwrap();
    assert_eq!((evidence.server.role.as_str(), evidence.server.is_superuser), ("Gu est", false));
    let monitor = "GRANT pg_monitor TO \"Gu est\"";
    for part in ["superuser-settings", "sessions", "replicas", "vacuums"] {
        assert_eq!(remedy(&evidence, part), monitor, "{part}");
    }
    assert_eq!(remedy(&evidence, "statements"), "GRANT USAGE ON SCHEMA \"My.Schema\" TO \"Gu est\"");
    assert!(remedy(&evidence, "column-statistics").contains("TO \"Gu est\""));
    assert!(remedy(&evidence, "sequence-values").starts_with("GRANT SELECT ON "));
    assert_eq!(evidence.skipped.len(), 7, "{:?}", evidence.skipped);
    assert_eq!((evidence.sessions, evidence.replicas, evidence.vacuums), (None, None, None));
    assert_eq!(evidence.statements, None);
    let catalog = evidence.catalog.unwrap();
    assert!(catalog.tables.iter().any(|table| !table.columns.is_empty() && table.counters.is_some()));
    assert!(catalog.tables.iter().all(|table| table.columns.iter().all(|c| c.statistics.is_none())));
    assert!(catalog.sequences.iter().all(|sequence| sequence.last_value.is_none()));
    assert!(evidence.counters.is_some() && evidence.checkpoints.is_some() && evidence.slots.is_some());

    run(&mut admin, "GRANT USAGE ON SCHEMA \"My.Schema\" TO \"Gu est\"").await;
    let evidence = read_database(&url, None, None).await.unwrap();
    assert_eq!((remedy(&evidence, "statements"), &evidence.statements), (monitor, &None));
    server.stop().await;
}

#[tokio::test]
async fn a_monitoring_role_reads_all_but_what_is_in_the_tables() {
    let (server, mut admin) = start_with_schema().await;
    let url = role(&mut admin, &server, "watcher").await;
    run(&mut admin, "GRANT pg_monitor TO watcher; GRANT USAGE ON SCHEMA \"My.Schema\" TO watcher").await;
    let evidence = read_database(&url, None, None).await.unwrap();
    let parts: Vec<&str> = evidence.skipped.iter().map(|skipped| skipped.what.as_str()).collect();
    assert_eq!(parts, ["column-statistics", "sequence-values"]);
    assert_eq!(evidence.sessions.unwrap().len(), 1);
    assert!(evidence.settings.contains_key("shared_preload_libraries"));
    let statements = evidence.statements.unwrap();
    assert!(!statements.statements.is_empty() && statements.statements.iter().all(|s| s.text.is_some()));

    if server.version().major >= 14 {
        run(&mut admin, "GRANT pg_read_all_data TO watcher").await;
        assert_eq!(read_database(&url, None, None).await.unwrap().skipped, []);
    }
    server.stop().await;
}

#[tokio::test]
async fn without_the_extension_statements_are_skipped_with_what_creates_it() {
    let server = start().await;
    let evidence = read_database(&server.url(), None, None).await.unwrap();
    assert_eq!(remedy(&evidence, "statements"), "CREATE EXTENSION pg_stat_statements");
    assert_eq!((evidence.skipped.len(), evidence.statements), (1, None));
    let catalog = evidence.catalog.unwrap();
    assert_eq!((catalog.tables.as_slice(), catalog.indexes.as_slice()), ([].as_slice(), [].as_slice()));
    server.stop().await;
}

#[tokio::test]
async fn a_table_that_somebody_locks_is_named_and_does_not_hold_up_the_rest() {
    let (server, mut admin) = start_with_schema().await;
    admin.execute("BEGIN; LOCK TABLE guests IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let evidence = read_database(&server.url(), None, None).await.unwrap();
    assert_eq!(evidence.skipped.len(), 1, "{:?}", evidence.skipped);
    assert_eq!(evidence.skipped[0].what, "locked-tables");
    assert!(evidence.skipped[0].why.contains("public.guests"), "{:?}", evidence.skipped);
    let catalog = evidence.catalog.unwrap();
    assert!(catalog.tables.len() > 4 && catalog.tables.iter().all(|table| table.name.name != "guests"));
    assert!(catalog.indexes.iter().all(|index| index.table.name != "guests"));
    assert!(catalog.constraints.iter().all(|constraint| constraint.table.name != "guests"));
    server.stop().await;
}

/// Rows written in this database, once no other session is left: at its end each has told what it did.
async fn written(admin: &mut PgConnection) -> (i64, i64, i64) {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let deadline = Instant::now() + Duration::from_secs(20);
    while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut *admin).await.unwrap() > 0 {
        assert!(Instant::now() < deadline, "sessions did not end within 20 s");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let sql = "SELECT tup_inserted, tup_updated, tup_deleted FROM pg_stat_database WHERE datname = current_database()";
    sqlx::query_as(sql).fetch_one(admin).await.unwrap()
}

/// Lock modes that sessions of `role` are seen to hold on relations, sampled as fast as possible until told to stop.
async fn locks_of(
    mut admin: PgConnection,
    role: &'static str,
    stop: CancellationToken,
) -> (u64, Vec<String>) {
    let sql = "SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
        WHERE a.usename = $1 AND l.locktype = 'relation'";
    let (mut seen, mut modes) = (0, Vec::new());
    while !stop.is_cancelled() {
        let found: Vec<String> = sqlx::query_scalar(sql).bind(role).fetch_all(&mut admin).await.unwrap();
        seen += u64::from(!found.is_empty());
        modes.extend(found);
        tokio::task::yield_now().await;
    }
    modes.sort();
    modes.dedup();
    (seen, modes)
}

#[tokio::test]
async fn a_role_that_can_only_read_is_enough_and_nothing_is_written_or_locked() {
    let (server, mut admin) = start_with_schema().await;
    let url = role(&mut admin, &server, "reader").await;
    run(&mut admin, "GRANT pg_monitor TO reader; GRANT USAGE ON SCHEMA \"My.Schema\" TO reader").await;
    run(&mut admin, "GRANT SELECT ON ALL TABLES IN SCHEMA public, \"My.Schema\" TO reader").await;
    run(&mut admin, "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, \"My.Schema\" TO reader").await;
    // An automatic ANALYZE would write, too.
    run(&mut admin, "ALTER SYSTEM SET autovacuum = off").await;
    run(&mut admin, "SELECT pg_reload_conf()").await;
    admin.close().await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    let before = written(&mut admin).await;
    assert!(before.0 > 2000, "the schema's rows: {before:?}");
    let watcher = PgConnection::connect(&server.url()).await.unwrap();

    let stop = CancellationToken::new();
    let locks = tokio::spawn(locks_of(watcher, "reader", stop.clone()));
    let activity = ActivityWatch::start(&url).await.unwrap();
    let statements = StatementWatch::start(&url, Instant::now()).await.unwrap();
    let watching = CancellationToken::new();
    let activity = tokio::spawn(activity.run_until(watching.clone()));
    let statements = tokio::spawn(statements.run_until(watching.clone()));
    for _ in 0..5 {
        let evidence = read_database(&url, None, None).await.unwrap();
        assert_eq!(evidence.skipped, []);
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    watching.cancel();
    activity.await.unwrap().unwrap();
    assert!(statements.await.unwrap().unwrap().seconds.len() >= 2);
    stop.cancel();
    let (seen, modes) = locks.await.unwrap();
    assert!(seen > 0, "no reading was caught in the act");
    assert_eq!(modes, ["AccessShareLock"]);
    assert_eq!(written(&mut admin).await, before);
    server.stop().await;
}
