//! Is Redis there, and is it clean?

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

use super::CheckItem;

/// How long Redis may take for all questions together.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn items(redis_url: Option<&str>) -> Vec<CheckItem> {
    let Some(redis_url) = redis_url else {
        return vec![CheckItem::skipped(
            "redis-answers",
            "no Redis is named, so nothing is known of the cache",
            "name it with --redis-url or AFORO_REDIS_URL, if the target has one",
        )];
    };
    let asked = tokio::time::timeout(ANSWER_TIMEOUT, key_count(redis_url)).await;
    match asked.unwrap_or_else(|_elapsed| Err(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()))) {
        Ok(keys) => vec![CheckItem::ok("redis-answers", "Redis answers"), clean(keys)],
        Err(why) => vec![CheckItem::failed(
            "redis-answers",
            format!("Redis does not answer: {why}"),
            "check --redis-url: host, port, password and database number",
        )],
    }
}

/// Connects with no time limits of the client's own, which are half a second: the caller has one.
pub(crate) async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}

async fn key_count(redis_url: &str) -> Result<u64, String> {
    let mut connection = connect(redis_url).await.map_err(|error| error.to_string())?;
    redis::cmd("DBSIZE").query_async(&mut connection).await.map_err(|error| error.to_string())
}

fn clean(keys: u64) -> CheckItem {
    const NAME: &str = "redis-clean";
    if keys == 0 {
        return CheckItem::ok(NAME, "it holds no keys");
    }
    CheckItem::warning(
        NAME,
        format!("it holds {keys} keys from before; answers cached earlier flatter the first minutes"),
        "if these are test data only, empty it with `redis-cli FLUSHDB`; Aforo never does that itself",
    )
}
