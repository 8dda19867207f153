//! What it really is: planner cost with real indexes, their bytes, and the time that queries take.

use std::time::{Duration, Instant};

use aforo_analyzers::WorkloadStatement;
use sqlx::types::{Json, JsonValue};
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use crate::error::BenchError;

/// The better of this many runs counts, so that the data is in memory.
const RUNS: usize = 2;

/// Total cost of each query, as the planner sees it now.
pub(crate) async fn costs(
    connection: &mut PgConnection,
    queries: &[WorkloadStatement],
) -> Result<Vec<f64>, BenchError> {
    let mut costs = Vec::new();
    for query in queries {
        let explain = format!("EXPLAIN (FORMAT JSON) {}", query.text);
        let row = connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(explain))).await?;
        let plan: Json<JsonValue> = row.try_get(0)?;
        costs.push(plan.0[0]["Plan"]["Total Cost"].as_f64().unwrap_or(f64::NAN));
    }
    Ok(costs)
}

/// Seconds that each query takes; `cap` where it was cut.
pub(crate) async fn seconds(
    connection: &mut PgConnection,
    queries: &[WorkloadStatement],
    cap: Duration,
) -> Result<Vec<f64>, BenchError> {
    let timeout = format!("SET statement_timeout = {}", cap.as_millis());
    connection.execute(AssertSqlSafe(timeout)).await?;
    connection
        .execute("SET jit = off; SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB'")
        .await?;
    let mut seconds = Vec::new();
    for query in queries {
        let mut best = cap.as_secs_f64();
        for _ in 0..RUNS {
            let started = Instant::now();
            match connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(query.text.clone()))).await {
                Ok(_) => best = best.min(started.elapsed().as_secs_f64()),
                Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("57014") => break,
                Err(error) => return Err(error.into()),
            }
        }
        seconds.push(best);
    }
    connection.execute("RESET ALL").await?;
    Ok(seconds)
}

/// Bytes that an index takes on disk.
pub(crate) async fn index_bytes(connection: &mut PgConnection, name: &str) -> Result<u64, BenchError> {
    let bytes: i64 = sqlx::query_scalar("SELECT pg_relation_size($1::regclass)")
        .bind(aforo_model::database::quoted(name))
        .fetch_one(connection)
        .await?;
    Ok(bytes.unsigned_abs())
}
