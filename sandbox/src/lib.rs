//! Throw-away Postgres and Redis from installed binaries.
//!
//! Nothing is downloaded and no container runtime is needed: the programs that are already on the machine are started in a
//! folder of their own, on a free loopback port, as an unprivileged user. Stopping, dropping or killing the owner takes the
//! server along; the folder of a killed owner is removed by the next start.
//!
//! Both servers let every local user in without a password, as a test server on loopback does. Put nothing secret into them.

mod account;
mod discovery;
mod error;
mod folder;
mod launch;
mod port;
mod postgres;
mod postgres_version;
mod process;
mod redis;

pub use discovery::Searched;
pub use error::SandboxError;
pub use postgres::{Postgres, PostgresOptions};
pub use postgres_version::PostgresVersion;
pub use redis::{Redis, RedisOptions};
