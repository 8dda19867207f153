//! Five queries of a hotel whose best index was measured, and a sixth that no index on its column helps, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aforo_analyzers::{IndexOptions, WorkloadStatement};
use aforo_model::database::{CostSource, DatabaseEvidence, IndexAdvice};
use aforo_pipeline::advise_indexes_of;
use aforo_profiles::read_database;
use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The schema of the measurements, with a fifth of their rows. Stays of a room follow each other, so the constraint holds.
const SCHEMA: &str = "
    CREATE EXTENSION btree_gist;
    SELECT setseed(0.42);
    CREATE TABLE reservations AS
    SELECT i::bigint AS id, 1 + i % 1000 AS accommodation_id,
           daterange('2024-01-01'::date + 4 * (i / 1000), '2024-01-01'::date + 4 * (i / 1000) + 3) AS stay,
           CASE WHEN r < 0.60 THEN 'confirmed' WHEN r < 0.79 THEN 'cancelled' WHEN r < 0.89 THEN 'no_show'
                WHEN r < 0.99 THEN 'checked_in' ELSE 'pre_reserved' END AS status,
           '2024-01-01'::timestamptz + i * interval '5 minutes' AS created_at,
           CASE WHEN r >= 0.99 THEN '2024-01-02'::timestamptz + i * interval '5 minutes' END AS expires_at,
           '+34' || (600000000 + floor(random() * 40000)::int) AS guest_phone,
           (ARRAY['voice', 'web', 'desk', 'agency', 'app'])[1 + i % 5] AS channel_source,
           (5000 + floor(random() * 90000))::bigint AS total_cents, repeat('x', 60) AS notes
    FROM (SELECT i, random() AS r FROM generate_series(1, 200000) AS i) AS numbered;
    ALTER TABLE reservations ADD PRIMARY KEY (id),
        ADD CONSTRAINT no_overlap EXCLUDE USING gist (accommodation_id WITH =, stay WITH &&)
            WHERE (status IN ('confirmed', 'checked_in', 'pre_reserved'));
    ALTER DATABASE aforo SET random_page_cost = 1.1;
    ALTER DATABASE aforo SET max_parallel_workers_per_gather = 0;";

/// Each query, and the index that was measured to be the best for it.
const MEASURED: [(&str, Option<&str>); 5] = [
    (
        "SELECT id FROM reservations WHERE accommodation_id = 77 AND stay && daterange('2024-05-01', '2024-05-04') \
         AND status IN ('confirmed', 'checked_in', 'pre_reserved')",
        None,
    ),
    (
        "SELECT * FROM reservations WHERE status = 'confirmed' AND created_at >= '2025-03-01' \
         AND created_at < '2025-03-08' ORDER BY created_at DESC LIMIT 50",
        Some("reservations (status, created_at)"),
    ),
    ("SELECT * FROM reservations WHERE guest_phone = '+34600000123'", Some("reservations (guest_phone)")),
    (
        "SELECT id FROM reservations WHERE status = 'pre_reserved' AND expires_at < '2024-02-01'",
        Some("reservations (expires_at) WHERE \"status\" = 'pre_reserved'"),
    ),
    (
        "SELECT channel_source, sum(total_cents) FROM reservations WHERE status = 'confirmed' \
         AND created_at >= '2025-03-01' AND created_at < '2025-03-31' GROUP BY channel_source",
        Some("reservations (status, created_at) INCLUDE (channel_source, total_cents)"),
    ),
];

/// Every row is read whatever is indexed: `(channel_source)` is no help.
const REVENUE_OF_ALL_TIME: &str = "SELECT channel_source, sum(total_cents) FROM reservations \
    WHERE status = 'confirmed' GROUP BY channel_source";

async fn advice(url: &str, evidence: &DatabaseEvidence, texts: &[&str]) -> IndexAdvice {
    let statement = |text: &&str| WorkloadStatement {
        fingerprint: (*text).to_owned(),
        text: (*text).to_owned(),
        calls: 1.0,
        rows: 1.0,
    };
    let statements: Vec<WorkloadStatement> = texts.iter().map(statement).collect();
    advise_indexes_of(url, evidence, &statements, &IndexOptions::default()).await.unwrap()
}

fn names(advice: &IndexAdvice) -> Vec<String> {
    assert_eq!(advice.not_costed, []);
    advice.indexes.iter().map(|index| index.index.to_string()).collect()
}

#[tokio::test]
async fn each_query_gets_the_index_that_was_measured_to_be_its_best() {
    let server = Postgres::start(PostgresOptions::default()).await.unwrap();
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    connection.execute(SCHEMA).await.unwrap();
    connection.execute("VACUUM ANALYZE reservations").await.unwrap();
    let has_hypopg = connection.execute("CREATE EXTENSION hypopg").await.is_ok();
    let url = server.url();
    let evidence = read_database(&url, None, None).await.unwrap();
    for (text, best) in MEASURED {
        if !has_hypopg && best.is_some() {
            continue;
        }
        let advice = advice(&url, &evidence, &[text]).await;
        assert_eq!(names(&advice), Vec::from_iter(best), "{text}\n{advice:#?}");
    }
    if has_hypopg {
        useless_is_not_advised(&url, &evidence).await;
        all_together_share(&url, &evidence).await;
        sizes_are_real(&mut connection, &url, &evidence).await;
    }
    server.stop().await;
}

async fn useless_is_not_advised(url: &str, evidence: &DatabaseEvidence) {
    let advice = advice(url, evidence, &[REVENUE_OF_ALL_TIME]).await;
    let useless = "reservations (channel_source)";
    assert!(!names(&advice).iter().any(|index| index == useless), "{advice:#?}");
    let rejected = advice.rejected.iter().find(|rejected| rejected.index.to_string() == useless);
    assert!(rejected.unwrap().why.contains("no statement"), "{advice:#?}");
}

/// One index serves the list and the revenue.
async fn all_together_share(url: &str, evidence: &DatabaseEvidence) {
    let advice = advice(url, evidence, &MEASURED.map(|(text, _)| text)).await;
    assert_eq!(advice.costed_by, CostSource::Hypopg);
    assert!(advice.indexes.len() <= 4, "{:?}", names(&advice));
    assert!(advice.workload_cost_after * 5.0 < advice.workload_cost_before, "{advice:#?}");
}

/// Each index is created with the SQL that was given, compared with its estimate, and undone.
async fn sizes_are_real(connection: &mut PgConnection, url: &str, evidence: &DatabaseEvidence) {
    for (text, _) in MEASURED {
        for advised in advice(url, evidence, &[text]).await.indexes {
            connection.execute(AssertSqlSafe(advised.create_sql.clone())).await.unwrap();
            let bytes: i64 = sqlx::query_scalar("SELECT pg_relation_size($1::regclass)")
                .bind(&advised.name)
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            let (real, estimated) = (bytes as f64, advised.size_bytes as f64);
            let is_near = (estimated - real).abs() < (0.35 * real).max(4.0 * 8192.0);
            assert!(is_near, "{}: {estimated} for {real}", advised.index);
            connection.execute(AssertSqlSafe(advised.drop_sql)).await.unwrap();
        }
    }
}
