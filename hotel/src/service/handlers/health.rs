//! `GET /health`: does the hotel reach its database and its Redis?

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::service::state::{App, Shared};

/// A part that takes longer than this is not healthy.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Health {
    status: &'static str,
    database: &'static str,
    redis: &'static str,
}

pub(crate) async fn health(app: Shared) -> Response {
    let (database, redis) = tokio::join!(database_answers(&app), redis_answers(&app));
    let word = |ok| if ok { "ok" } else { "failing" };
    let ok = database && redis;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Health { status: word(ok), database: word(database), redis: word(redis) };
    (status, Json(body)).into_response()
}

async fn database_answers(app: &App) -> bool {
    let query = sqlx::query("SELECT 1").execute(&app.pool);
    matches!(tokio::time::timeout(PATIENCE, query).await, Ok(Ok(_)))
}

/// Does Redis answer a ping in time?
pub(crate) async fn redis_answers(app: &App) -> bool {
    let mut redis = app.redis.clone();
    let ping = redis::cmd("PING");
    let answer = ping.query_async::<String>(&mut redis);
    matches!(tokio::time::timeout(PATIENCE, answer).await, Ok(Ok(_)))
}
