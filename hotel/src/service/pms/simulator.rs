//! The property management system that a hotel would rent: slow, sometimes down. Simulated on a loopback port.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Json, Router, routing};
use chrono::{Datelike as _, NaiveDate};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::service::pms::UpstreamRate;

/// The least time that an answer takes.
const BASE_LATENCY: Duration = Duration::from_millis(60);
/// Above it, up to this much more, always the same for the same question.
const JITTER_MS: u64 = 25;

/// The running simulator.
pub(crate) struct PmsSimulator {
    pub(crate) url: String,
    /// While set, every call is refused.
    pub(crate) outage: Arc<AtomicBool>,
}

/// Starts the simulator; it ends with the token.
pub(crate) async fn start(stop: CancellationToken) -> std::io::Result<PmsSimulator> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let outage = Arc::new(AtomicBool::new(false));
    let router = Router::new()
        .route("/rates/{accommodation_id}/{date}", routing::get(rate))
        .with_state(outage.clone());
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the PMS simulator stopped");
        }
    });
    Ok(PmsSimulator { url, outage })
}

async fn rate(
    State(outage): State<Arc<AtomicBool>>,
    Path((accommodation_id, date)): Path<(u32, NaiveDate)>,
) -> Result<Json<UpstreamRate>, StatusCode> {
    if outage.load(Ordering::Relaxed) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let mixed = mix(accommodation_id, date);
    tokio::time::sleep(BASE_LATENCY + Duration::from_millis(mixed % JITTER_MS)).await;
    // 60.00 to 259.50 in steps of 0.50.
    Ok(Json(UpstreamRate { rate_cents: 6_000 + 50 * (mixed % 400) as i64 }))
}

/// The same question always gets the same answer, after the same time. Constants: splitmix64.
fn mix(accommodation_id: u32, date: NaiveDate) -> u64 {
    let mut bits = u64::from(accommodation_id) << 32 | u64::from(date.num_days_from_ce().unsigned_abs());
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
