//! The background job that frees the dates of pre-reservations nobody confirmed.

use std::time::Duration;

use sqlx::{PgExecutor, PgPool};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::service::telemetry::Metrics;

/// One statement, so that a reservation and its history change together.
/// The partial index on `expires_at` serves it, unless the flaw `no-expires-index` is on.
const EXPIRE: &str = "\
    WITH stale AS ( \
        UPDATE reservations SET status = 'expired' \
        WHERE status = 'pre_reserved' AND expires_at <= now() \
        RETURNING id) \
    INSERT INTO reservation_events (reservation_id, event) SELECT id, 'expired' FROM stale";

/// Expires what is stale now. Returns how many.
///
/// # Errors
/// If the database does not answer.
pub async fn expire_stale(executor: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query(EXPIRE).execute(executor).await?.rows_affected())
}

/// Expires what is stale, every `interval`, until stopped.
pub(crate) async fn run(pool: PgPool, metrics: Metrics, interval: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match expire_stale(&pool).await {
            Ok(0) => {}
            Ok(expired) => {
                metrics.expired.inc_by(expired);
                tracing::info!(expired, "stale pre-reservations expired");
            }
            Err(error) => {
                tracing::warn!(%error, "stale pre-reservations could not be expired; tried again later");
            }
        }
    }
}
