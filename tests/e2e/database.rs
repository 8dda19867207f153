//! A Postgres of a test's own.

use std::time::{Duration, Instant};

use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

/// A server with one empty database. Gone with this value.
pub(crate) struct Database {
    server: Postgres,
    runtime: Runtime,
}

impl Database {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = PostgresOptions { max_connections: 30, ..PostgresOptions::default() };
        let server = runtime.block_on(Postgres::start(options)).unwrap();
        Self { server, runtime }
    }

    /// The database as its superuser reaches it.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// The database as another role reaches it.
    pub(crate) fn url_of(&self, user: &str) -> String {
        self.url().replacen("aforo@", &format!("{user}@"), 1)
    }

    /// Runs statements as the superuser.
    pub(crate) fn run(&self, statements: &[&'static str]) {
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.url()).await.unwrap();
            for statement in statements {
                sqlx::query(*statement).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        });
    }

    /// Rows inserted, updated and deleted so far. Sessions tell at their end, so it waits until none is left.
    pub(crate) fn rows_written(&self) -> (i64, i64, i64) {
        let others = "SELECT count(*) FROM pg_stat_activity \
            WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        let written = "SELECT tup_inserted, tup_updated, tup_deleted FROM pg_stat_database \
            WHERE datname = current_database()";
        self.runtime.block_on(async {
            let mut connection = PgConnection::connect(&self.url()).await.unwrap();
            let deadline = Instant::now() + Duration::from_secs(20);
            while sqlx::query_scalar::<_, i64>(others).fetch_one(&mut connection).await.unwrap() > 0 {
                assert!(Instant::now() < deadline, "sessions did not end within 20 s");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            sqlx::query_as(written).fetch_one(&mut connection).await.unwrap()
        })
    }
}
