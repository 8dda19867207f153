//! From a database URL to a pool on the hotel's schema, with data and with the wanted indexes.

pub mod indexes;
mod seed;

use std::str::FromStr as _;
use std::time::Duration;

use chrono::Utc;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::service::config::HotelConfig;
use crate::service::error::HotelError;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How long a request waits for a free connection before it is answered with 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Creates or updates the schema, fills it if it is empty, sets the indexes, and opens the pool.
///
/// # Errors
/// If the database cannot be reached, belongs to somebody else, or refuses a statement.
pub async fn open(url: &str, config: &HotelConfig) -> Result<PgPool, HotelError> {
    let options = PgConnectOptions::from_str(url).map_err(|source| refused("the given URL", source))?;
    let options = options.application_name("aforo-hotel").disable_statement_logging();
    let address = format!(
        "{}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or(options.get_username())
    );
    let mut connection =
        PgConnection::connect_with(&options).await.map_err(|source| refused(&address, source))?;
    prepare(&mut connection, config).await?;
    connection.close().await.map_err(|source| refused(&address, source))?;
    PgPoolOptions::new()
        .max_connections(config.pool_size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A ping before every query would double the round trips; a connection that broke costs one 503 instead.
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(|source| refused(&address, source))
}

fn refused(address: &str, source: sqlx::Error) -> HotelError {
    HotelError::Connect { address: address.to_owned(), source }
}

async fn prepare(connection: &mut PgConnection, config: &HotelConfig) -> Result<(), HotelError> {
    refuse_foreign(connection).await?;
    MIGRATIONS.run(&mut *connection).await?;
    enable_statement_statistics(connection).await;
    let dataset = seed::Dataset {
        seed: i64::try_from(config.seed).unwrap_or(i64::MAX),
        accommodations: i32::try_from(config.accommodations).unwrap_or(i32::MAX),
        reservations: i64::from(config.reservations),
        anchor: config.seed_anchor.unwrap_or_else(|| Utc::now().date_naive()),
    };
    seed::fill_if_empty(connection, &dataset).await.map_err(|source| HotelError::SetUp {
        what: "fill the hotel's database with generated data",
        source,
    })?;
    indexes::switch(connection, &config.flaws)
        .await
        .map_err(|source| HotelError::SetUp { what: "create or drop the hotel's indexes", source })
}

/// A database with tables of somebody else is left alone.
async fn refuse_foreign(connection: &mut PgConnection) -> Result<(), HotelError> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables \
         WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE' \
           AND table_name <> '_sqlx_migrations' \
         ORDER BY table_name LIMIT 100",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(|source| HotelError::SetUp { what: "list the tables of the database", source })?;
    if tables.is_empty() || tables.iter().any(|table| table == "hotel_dataset") {
        return Ok(());
    }
    let database: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(connection)
        .await
        .map_err(|source| HotelError::SetUp { what: "ask for the database's name", source })?;
    Err(HotelError::ForeignDatabase { database, tables: tables[..tables.len().min(5)].join(", ") })
}

/// Statement statistics are for whoever analyses the hotel; it works without them.
async fn enable_statement_statistics(connection: &mut PgConnection) {
    if let Err(error) =
        sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(connection).await
    {
        tracing::warn!(%error, "the extension pg_stat_statements could not be created; the hotel goes on without it");
    }
}
