//! From a Redis URL to a connection that outlives a restart of the server.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};

/// A Redis that does not answer within this time has failed.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);

/// Connects to the Redis of the sessions and of the booking lock.
///
/// # Errors
/// If the URL cannot be read, or nobody answers there.
pub async fn connect(url: &str) -> Result<ConnectionManager, redis::RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT))
        .set_number_of_retries(2);
    ConnectionManager::new_with_config(redis::Client::open(url)?, config).await
}
