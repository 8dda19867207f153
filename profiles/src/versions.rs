//! What the target's servers are.

use std::time::Duration;

use tokio::time::timeout;

use crate::{Watched, postgres, redis};

/// The longest to wait for a server's version.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The versions of the target's servers, where they could be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerVersions {
    /// Postgres', as in `16.4 (Debian 16.4-1)`.
    pub postgres: Option<String>,
    /// Redis', as in `7.0.15`, or a relative's with its name, as in `Valkey 8.0.1`.
    pub redis: Option<String>,
}

/// Asks the servers for their versions, both at once and for at most 5 s. One that does not answer is absent;
/// the [watch](crate::watch()) says why.
pub async fn server_versions(watched: &Watched) -> ServerVersions {
    let postgres = async {
        let version = postgres::version(watched.postgres_url.as_deref()?);
        timeout(LONGEST_WAIT, version).await.ok()?.ok()
    };
    let redis = async {
        let version = redis::version(watched.redis_url.as_deref()?);
        timeout(LONGEST_WAIT, version).await.ok()?.ok()
    };
    let (postgres, redis) = tokio::join!(postgres, redis);
    ServerVersions { postgres, redis }
}
