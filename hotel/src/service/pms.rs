//! Nightly rates from the property management system: a slow upstream, behind a cache and a circuit breaker.

pub(crate) mod simulator;

use std::time::{Duration, Instant};

use chrono::NaiveDate;
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};

use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerOptions, CircuitState};

/// How long a rate is good for.
const RATE_TTL_SECONDS: u64 = 60;
/// An upstream slower than this has failed.
const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(1);
/// Failures within the window that open the circuit.
const FAILURE_THRESHOLD: u32 = 5;
/// The window in which failures count together.
const FAILURE_WINDOW: Duration = Duration::from_secs(10);

/// Where a rate came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RateSource {
    Pms,
    Cache,
    /// The accommodation's own base price, while the upstream fails.
    Fallback,
}

/// What the upstream answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UpstreamRate {
    pub(crate) rate_cents: i64,
}

/// The client of the PMS.
pub(crate) struct Pms {
    http: reqwest::Client,
    base_url: String,
    breaker: CircuitBreaker,
    redis: ConnectionManager,
}

impl Pms {
    pub(crate) fn new(
        base_url: String,
        open_for: Duration,
        redis: ConnectionManager,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().timeout(UPSTREAM_TIMEOUT).no_proxy().build()?;
        let breaker = CircuitBreaker::new(CircuitBreakerOptions {
            failure_threshold: FAILURE_THRESHOLD,
            window: FAILURE_WINDOW,
            open_for,
        });
        Ok(Self { http, base_url, breaker, redis })
    }

    /// Is the circuit letting calls through?
    pub(crate) fn is_closed(&self) -> bool {
        self.breaker.state(Instant::now()) == CircuitState::Closed
    }

    /// The rate of one night: from the cache, else from the upstream, else the base price.
    pub(crate) async fn rate(
        &self,
        accommodation_id: i32,
        base_price_cents: i64,
        date: NaiveDate,
    ) -> (i64, RateSource) {
        let key = format!("pms:rate:{accommodation_id}:{date}");
        if let Some(rate_cents) = self.cached(&key).await {
            return (rate_cents, RateSource::Cache);
        }
        match self.call(accommodation_id, date).await {
            Some(rate_cents) => {
                self.cache(&key, rate_cents).await;
                (rate_cents, RateSource::Pms)
            }
            None => (base_price_cents, RateSource::Fallback),
        }
    }

    /// One call through the circuit breaker; nothing if the circuit is open or the call failed.
    async fn call(&self, accommodation_id: i32, date: NaiveDate) -> Option<i64> {
        let permit = self.breaker.try_acquire(Instant::now()).ok()?;
        match self.fetch(accommodation_id, date).await {
            Ok(rate) => {
                permit.success();
                Some(rate.rate_cents)
            }
            Err(error) => {
                tracing::warn!(%error, "the PMS failed");
                permit.failure(Instant::now());
                None
            }
        }
    }

    async fn fetch(&self, accommodation_id: i32, date: NaiveDate) -> Result<UpstreamRate, reqwest::Error> {
        let url = format!("{}/rates/{accommodation_id}/{date}", self.base_url);
        self.http.get(url).send().await?.error_for_status()?.json().await
    }

    /// A cache that does not answer is an empty cache.
    async fn cached(&self, key: &str) -> Option<i64> {
        redis::cmd("GET").arg(key).query_async(&mut self.redis.clone()).await.ok().flatten()
    }

    async fn cache(&self, key: &str, rate_cents: i64) {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(rate_cents).arg("EX").arg(RATE_TTL_SECONDS);
        let stored: redis::RedisResult<()> = set.query_async(&mut self.redis.clone()).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "a rate could not be cached");
        }
    }
}
