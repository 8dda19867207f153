//! Starting and stopping the hotel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aforo_sandbox::{Postgres, PostgresOptions, Redis, RedisOptions, SandboxError};
use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::service::config::HotelConfig;
use crate::service::error::HotelError;
use crate::service::pms::{Pms, simulator};
use crate::service::router::router;
use crate::service::state::App;
use crate::service::telemetry::Metrics;
use crate::service::{cache, database, expiry};

/// Connections of a private Postgres beyond the hotel's own: for whoever watches and analyses it.
const CONNECTIONS_FOR_OTHERS: u32 = 80;
/// How long requests in flight may take after shutdown began.
const DRAIN_DEADLINE: Duration = Duration::from_secs(15);

/// A running hotel. Dropping it stops the private servers; [`Hotel::shutdown`] also lets requests in flight end.
pub struct Hotel {
    url: String,
    database_url: String,
    redis_url: String,
    pms_outage: Arc<AtomicBool>,
    stop: DropGuard,
    /// Stops what requests in flight may still need.
    stop_background: DropGuard,
    server: JoinHandle<()>,
    expiry: JoinHandle<()>,
    pool: PgPool,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
}

/// Starts the hotel: private servers where no URL is given, schema, data, indexes, background job, API.
///
/// # Errors
/// If a setting is out of bounds, a server cannot be started or reached, the database belongs to somebody else, or the
/// address is taken. What was started by then is stopped again.
pub async fn start(config: HotelConfig) -> Result<Hotel, HotelError> {
    config.validate()?;
    let postgres_options = PostgresOptions {
        max_connections: config.pool_size + CONNECTIONS_FOR_OTHERS,
        // The hotel's flaws are its own, not those of its server.
        ..PostgresOptions::as_for_production()
    };
    let (postgres, redis) = tokio::try_join!(
        private(config.database_url.is_none(), Postgres::start(postgres_options)),
        private(config.redis_url.is_none(), Redis::start(RedisOptions::default())),
    )?;
    let database_url =
        postgres.as_ref().map(Postgres::url).or(config.database_url.clone()).unwrap_or_default();
    let redis_url = redis.as_ref().map(Redis::url).or(config.redis_url.clone()).unwrap_or_default();

    let pool = database::open(&database_url, &config).await?;
    let connection = cache::connect(&redis_url).await?;
    let listen_failed = |source| HotelError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen_failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(listen_failed)?);

    let [stop, stop_background] = std::array::from_fn(|_| CancellationToken::new());
    let guards = [&stop, &stop_background].map(|token| token.clone().drop_guard());
    let simulator = simulator::start(stop_background.clone()).await.map_err(listen_failed)?;
    let metrics = Metrics::new(&config.flaws);
    let pms = Pms::new(simulator.url, config.pms_open_for, connection.clone())?;
    let app = App::new(&config.flaws, pool.clone(), connection, metrics.clone(), pms, config.hold);
    let expiry = tokio::spawn(expiry::run(pool.clone(), metrics, config.expiry_interval, stop_background));
    let server = tokio::spawn(serve(listener, Arc::new(app), config.request_timeout, stop));
    let [guard, background_guard] = guards;
    tracing::info!(url, flaws = %config.flaws, "the hotel is open");
    Ok(Hotel {
        url,
        database_url,
        redis_url,
        pms_outage: simulator.outage,
        stop: guard,
        stop_background: background_guard,
        server,
        expiry,
        pool,
        postgres,
        redis,
    })
}

/// Starts a private server only if it is wanted.
async fn private<T>(
    wanted: bool,
    start: impl Future<Output = Result<T, SandboxError>>,
) -> Result<Option<T>, SandboxError> {
    if wanted { start.await.map(Some) } else { Ok(None) }
}

async fn serve(listener: TcpListener, app: Arc<App>, request_timeout: Duration, stop: CancellationToken) {
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was refused");
        }
    });
    let served = axum::serve(listener, router(app, request_timeout))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the API stopped");
    }
}

impl Hotel {
    /// The API's base URL, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database that the hotel works on.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The Redis that the hotel works on.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// The process of the private Postgres, if there is one.
    pub fn postgres_pid(&self) -> Option<u32> {
        self.postgres.as_ref().map(Postgres::pid)
    }

    /// The process of the private Redis, if there is one.
    pub fn redis_pid(&self) -> Option<u32> {
        self.redis.as_ref().map(Redis::pid)
    }

    /// Makes the simulated PMS refuse every call, or serve again.
    pub fn set_pms_outage(&self, outage: bool) {
        self.pms_outage.store(outage, Ordering::Relaxed);
    }

    /// Takes no new requests, lets those in flight end (at most 15 s), and stops what was started.
    pub async fn shutdown(mut self) {
        self.stop.disarm().cancel();
        if tokio::time::timeout(DRAIN_DEADLINE, &mut self.server).await.is_err() {
            tracing::warn!(
                "requests were still in flight after {} s and are cut off",
                DRAIN_DEADLINE.as_secs()
            );
            self.server.abort();
        }
        self.stop_background.disarm().cancel();
        if let Err(error) = self.expiry.await {
            tracing::error!(%error, "the expiry job had failed");
        }
        // Queries that outlive the deadline end with their connection, when the process or the private server does.
        if tokio::time::timeout(DRAIN_DEADLINE, self.pool.close()).await.is_err() {
            tracing::warn!("database connections were still in use and are cut off");
        }
        if let Some(redis) = self.redis {
            redis.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}
