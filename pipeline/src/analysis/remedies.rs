//! Remedies carried out as they stand, on a real server.

use aforo_analyzers::{check_database, checklist_findings};
use aforo_model::Finding;
use aforo_profiles::read_database;
use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A partition that has an index like that of the whole but not as its part, and one that has none.
const SCHEMA: &str = "
    CREATE TABLE stays (id int, room text) PARTITION BY RANGE (id);
    CREATE TABLE stays_1 PARTITION OF stays FOR VALUES FROM (1) TO (100);
    CREATE TABLE stays_2 PARTITION OF stays FOR VALUES FROM (100) TO (200);
    CREATE INDEX ON stays_1 (room);
    CREATE INDEX stays_room ON ONLY stays (room)";

async fn invalid_indexes(url: &str) -> Vec<Finding> {
    let evidence = read_database(url, None, None).await.unwrap();
    let findings = checklist_findings(&check_database(&evidence));
    findings.into_iter().filter(|finding| finding.code == "invalid-index").collect()
}

#[tokio::test]
async fn an_index_of_a_partitioned_table_becomes_valid_by_its_remedy() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    admin.execute(SCHEMA).await.unwrap();
    let found = invalid_indexes(&server.url()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let (_, sql) = found[0].remedy.split_once("part: ").unwrap();
    let (sql, _) = sql.split_once(" or drop it").unwrap();
    assert_eq!(sql.matches("CREATE INDEX").count(), 1, "one partition has an index already: {sql}");
    // One by one, since an index is not built concurrently inside a transaction.
    for statement in sql.split_inclusive(';') {
        admin.execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))).await.unwrap();
    }
    assert_eq!(invalid_indexes(&server.url()).await, []);
    server.stop().await;
}

/// The index of one partition is attached but was never built to the end, as after a `CREATE INDEX CONCURRENTLY` that was broken off.
const HALF_BUILT: &str = "
    CREATE TABLE stays (id int, room text) PARTITION BY RANGE (id);
    CREATE TABLE stays_1 PARTITION OF stays FOR VALUES FROM (1) TO (100);
    CREATE INDEX stays_room ON ONLY stays (room);
    CREATE INDEX stays_1_room ON stays_1 (room);
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'stays_1_room'::regclass;
    ALTER INDEX stays_room ATTACH PARTITION stays_1_room";

#[tokio::test]
async fn an_index_with_a_part_that_is_not_valid_is_built_once_more_by_its_remedy() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    admin.execute(HALF_BUILT).await.unwrap();
    let found = invalid_indexes(&server.url()).await;
    let sql = found.iter().find_map(|finding| Some(finding.remedy.split_once("meanwhile: ")?.1));
    let sql = sql.unwrap_or_else(|| panic!("{found:?}")).to_owned();
    admin.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    assert_eq!(invalid_indexes(&server.url()).await, []);
    let parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'stays_room'::regclass";
    assert_eq!(sqlx::query_scalar::<_, i64>(parts).fetch_one(&mut admin).await.unwrap(), 1);
    server.stop().await;
}

/// A partition that is partitioned again, with an index that is a part of the whole's and has no part of its own.
const NESTED: &str = "
    CREATE TABLE stays (id int, room text) PARTITION BY RANGE (id);
    CREATE TABLE stays_1 PARTITION OF stays FOR VALUES FROM (1) TO (100) PARTITION BY RANGE (id);
    CREATE TABLE stays_1_a PARTITION OF stays_1 FOR VALUES FROM (1) TO (50);
    CREATE INDEX stays_room ON ONLY stays (room);
    CREATE INDEX stays_1_room ON ONLY stays_1 (room);
    ALTER INDEX stays_room ATTACH PARTITION stays_1_room";

#[tokio::test]
async fn an_index_that_is_itself_a_part_is_completed_or_dropped_with_the_whole_by_its_remedy() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    admin.execute(NESTED).await.unwrap();
    let found = invalid_indexes(&server.url()).await;
    assert_eq!(found.len(), 2, "{found:?}");
    let remedy = found.iter().find_map(|finding| Some(finding.remedy.split_once("part: ")?.1));
    let (sql, drop) = remedy.and_then(|remedy| remedy.split_once(" or drop the whole")).unwrap();
    let (_, drop) = drop.split_once("moment: ").unwrap();
    admin.execute("DROP INDEX stays_1_room").await.expect_err("a part is not dropped alone");
    let dropped = format!("BEGIN; {drop} SELECT 1 / (to_regclass('stays_1_room') IS NULL)::int; ROLLBACK");
    admin.execute(sqlx::raw_sql(AssertSqlSafe(dropped))).await.unwrap();
    for statement in sql.split_inclusive(';') {
        admin.execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))).await.unwrap();
    }
    assert_eq!(invalid_indexes(&server.url()).await, [], "with its part the whole is valid too");
    server.stop().await;
}
