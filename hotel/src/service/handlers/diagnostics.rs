//! What the hotel shows of its inside: `GET /metrics` and `GET /debug/pprof/profile`.

use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::service::extract::Query;
use crate::service::handlers::health::redis_answers;
use crate::service::problem::Problem;
use crate::service::state::Shared;
use crate::service::telemetry::cpu_profile::{ProfileError, cpu_profile};

/// The longest profile, in seconds.
const MOST_SECONDS: u64 = 60;
/// The highest frequency; a kernel that ticks at 250 Hz, as most do, delivers no more.
const MOST_HZ: u16 = 250;

/// `GET /metrics`.
pub(crate) async fn metrics(app: Shared) -> impl IntoResponse {
    let metrics = &app.metrics;
    metrics.pool_size.set(app.pool.size().into());
    metrics.pool_idle.set(i64::try_from(app.pool.num_idle()).unwrap_or(i64::MAX));
    metrics.redis_up.set(redis_answers(&app).await.into());
    metrics.pms_circuit_closed.set(app.pms.is_closed().into());
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], metrics.render())
}

#[derive(Deserialize)]
pub(crate) struct Window {
    #[serde(default = "default_seconds")]
    seconds: u64,
    #[serde(default = "default_frequency")]
    frequency: u16,
}

fn default_seconds() -> u64 {
    5
}

fn default_frequency() -> u16 {
    99
}

/// `GET /debug/pprof/profile`.
pub(crate) async fn profile(Query(window): Query<Window>) -> Result<Response, Problem> {
    if !(1..=MOST_SECONDS).contains(&window.seconds) || !(1..=MOST_HZ).contains(&window.frequency) {
        return Err(Problem::invalid(format!(
            "seconds must be 1 to {MOST_SECONDS}, frequency 1 to {MOST_HZ}"
        )));
    }
    match cpu_profile(Duration::from_secs(window.seconds), window.frequency).await {
        Ok(profile) => Ok(([(header::CONTENT_TYPE, "application/octet-stream")], profile).into_response()),
        Err(error @ ProfileError::Busy) => Err(Problem::conflict("profile_running", error.to_string())),
        Err(error @ ProfileError::Failed(_)) => {
            tracing::error!(%error, "no profile");
            Err(Problem::internal())
        }
    }
}
