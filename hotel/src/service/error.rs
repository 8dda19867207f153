//! Why the hotel could not be started.

use std::net::SocketAddr;

use aforo_sandbox::SandboxError;

/// Why the hotel could not be started.
#[derive(Debug, thiserror::Error)]
pub enum HotelError {
    /// A setting is outside of what the hotel can run with.
    #[error("the hotel's setting `{setting}` cannot be used: it {why}")]
    Config {
        /// The setting.
        setting: &'static str,
        /// What it must be.
        why: String,
    },
    /// A private Postgres or Redis could not be started.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The database does not answer, or not to us.
    #[error(
        "cannot connect to the hotel's database at {address}: {source}; check that Postgres runs there and the user may log in"
    )]
    Connect {
        /// Host, port and database, without the password.
        address: String,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// The database belongs to somebody else.
    #[error(
        "the database `{database}` has tables that are not the hotel's ({tables}); the hotel writes only to an empty database \
         or to its own: name another with --database-url, or none for a private one"
    )]
    ForeignDatabase {
        /// The database's name.
        database: String,
        /// Some of the tables found.
        tables: String,
    },
    /// The schema could not be created or brought up to date.
    #[error(
        "cannot create the hotel's schema: {0}; the user needs to create tables and the extension btree_gist"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A statement of the set-up failed.
    #[error("cannot {what}: {source}")]
    SetUp {
        /// What was being done.
        what: &'static str,
        /// What the driver said.
        source: sqlx::Error,
    },
    /// Redis does not answer.
    #[error("cannot connect to the hotel's Redis: {0}; check the address given with --redis-url")]
    Redis(#[from] redis::RedisError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another address, or port 0 for a free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client for the PMS could not be built.
    #[error("cannot build the HTTP client for the PMS: {0}")]
    HttpClient(#[from] reqwest::Error),
}
