//! The hotel's database, for the subjects that wait for it: its schema, its data and its indexes on a Postgres of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr as _;

use aforo_hotel::service::database;
use aforo_hotel::{FlawSet, HotelConfig};
use aforo_sandbox::{Postgres, PostgresOptions};
use chrono::NaiveDate;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::{Builder, Runtime};

/// The first day that is not past in the generated data. It is always the same one, so that every run reads the same rows.
pub const ANCHOR: NaiveDate = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a day of the calendar");

/// Statements are answered; what is measured here has no business with failures.
const ANSWERED: &str = "the database answers";

/// The hotel's database as the demo has it, 50 000 reservations of 50 accommodations, and a runtime to ask it from. The server
/// has the hotel's settings for production, durability included; only vacuums are left to the benchmarks, which do so between
/// what they time.
pub struct HotelDatabase {
    pool: PgPool,
    config: HotelConfig,
    postgres: Postgres,
    /// Of one thread: a round trip is not held up by handing it over from one to another. Last, as the pool ends within it.
    runtime: Runtime,
}

impl HotelDatabase {
    /// Starts a server, and fills it with the indexes that these flaws leave.
    ///
    /// # Panics
    /// If no Postgres is installed or the hotel's data cannot be made; the message says why.
    pub fn start(flaws: FlawSet) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("the system gives a runtime");
        let config = HotelConfig { flaws, seed_anchor: Some(ANCHOR), ..HotelConfig::default() };
        let mut options = PostgresOptions::as_for_production();
        options.settings.push("autovacuum=off".to_owned());
        let (postgres, pool) = runtime.block_on(async {
            let postgres = Postgres::start(options).await.unwrap_or_else(|error| panic!("{error}"));
            let pool = open(&postgres.url(), &config).await;
            (postgres, pool)
        });
        let hotel = Self { pool, config, postgres, runtime };
        // What was written to fill it is not written back while something is timed.
        hotel.execute("CHECKPOINT");
        hotel
    }

    /// Runs what asks the database, to its end.
    pub fn wait<F: Future>(&self, asking: F) -> F::Output {
        self.runtime.block_on(asking)
    }

    /// The hotel's own connections.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Where the server listens, as a URL.
    pub fn url(&self) -> String {
        self.postgres.url()
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        let options = PgConnectOptions::from_str(&self.url()).expect("a sandbox has a URL that can be read");
        SocketAddr::from((Ipv4Addr::LOCALHOST, options.get_port()))
    }

    /// Connections of the hotel to the same database by way of another address.
    ///
    /// # Panics
    /// If nobody there passes on what is said.
    pub fn pool_by_way_of(&self, address: SocketAddr) -> PgPool {
        let url = self.url().replace(&self.address().to_string(), &address.to_string());
        self.wait(open(&url, &self.config))
    }

    /// Runs statements that prepare or clean up.
    ///
    /// # Panics
    /// If one is refused.
    pub fn execute(&self, sql: &'static str) {
        self.wait(sqlx::raw_sql(sql).execute(&self.pool)).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Leaves exactly the indexes that these flaws leave, with fresh statistics.
    ///
    /// # Panics
    /// If they cannot be created.
    pub fn switch_indexes(&self, flaws: &FlawSet) {
        self.wait(async {
            let mut connection = self.pool.acquire().await.expect(ANSWERED);
            database::indexes::switch(&mut connection, flaws).await.expect(ANSWERED);
        });
        self.execute("VACUUM (ANALYZE) reservations");
    }

    /// Removes every reservation that was made after the data was generated, and the room it took.
    ///
    /// # Panics
    /// If they cannot be removed.
    pub fn remove_new_reservations(&self) {
        let generated = i64::from(self.config.reservations);
        let delete = sqlx::query("DELETE FROM reservations WHERE id > $1").bind(generated);
        self.wait(delete.execute(&self.pool)).expect(ANSWERED);
        self.execute("VACUUM reservations, reservation_nights, reservation_events");
    }
}

async fn open(url: &str, config: &HotelConfig) -> PgPool {
    database::open(url, config).await.unwrap_or_else(|error| panic!("{error}"))
}
