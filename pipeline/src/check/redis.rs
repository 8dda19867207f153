//! Is Redis there, and is it clean?

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo as _, RedisError};

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

/// Connects with no time limits of the client's own, which are half a second: the caller has one. The client does not name itself, which
/// servers before Redis 7.2 count among their errors.
pub(crate) async fn connect(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let information = url.into_connection_info()?;
    let settings = information.redis_settings().clone().set_skip_set_lib_name();
    let client = Client::open(information.set_redis_settings(settings))?;
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

/// Keys in the database of the URL, or why the server lets nobody count them, which is no reason not to load the target.
///
/// # Errors
/// Why there is no connection.
async fn key_count(redis_url: &str) -> Result<Result<u64, RedisError>, String> {
    let mut connection = connect(redis_url).await.map_err(|error| error.to_string())?;
    match redis::cmd("DBSIZE").query_async(&mut connection).await {
        Err(error) if error.is_io_error() => Err(error.to_string()),
        // A user is told to sign in by the first command only.
        Err(error) if error.code() == Some("NOAUTH") => Err(error.to_string()),
        counted => Ok(counted),
    }
}

fn clean(counted: Result<u64, RedisError>) -> CheckItem {
    const NAME: &str = "redis-clean";
    let keys = match counted {
        Ok(0) => return CheckItem::ok(NAME, "it holds no keys"),
        Ok(keys) => keys,
        Err(error) => {
            return CheckItem::skipped(
                NAME,
                format!("its keys could not be counted: {}", error.detail().unwrap_or("it refused")),
                "let the user count them: ACL SETUSER <user> +dbsize, on a server that serves its keys",
            );
        }
    };
    CheckItem::warning(
        NAME,
        format!("it holds {keys} keys from before; answers cached earlier flatter the first minutes"),
        "if these are test data only, empty it with `redis-cli FLUSHDB`; Aforo never does that itself",
    )
}

#[cfg(test)]
mod tests {
    use aforo_sandbox::{Redis, RedisOptions};

    use super::super::CheckOutcome;
    use super::*;

    fn outcomes(items: &[CheckItem]) -> Vec<&CheckOutcome> {
        items.iter().map(|item| &item.outcome).collect()
    }

    #[tokio::test]
    async fn a_server_that_lets_nobody_count_its_keys_answers_all_the_same() {
        let settings = vec!["user watcher on >secret resetkeys %R~* -@all +info".to_owned()];
        let server = Redis::start(RedisOptions { settings, ..RedisOptions::default() }).await.unwrap();
        let url = |user: &str| server.url().replace("redis://", &format!("redis://{user}@"));
        let empty = items(Some(&server.url())).await;
        assert!(matches!(outcomes(&empty)[..], [CheckOutcome::Ok, CheckOutcome::Ok]), "{empty:?}");
        let refused = items(Some(&url("watcher:secret"))).await;
        assert!(
            matches!(outcomes(&refused)[..], [CheckOutcome::Ok, CheckOutcome::Skipped { .. }]),
            "{refused:?}"
        );
        let stranger = url("watcher:wrong");
        let gone = server.url();
        let failed = items(Some(&stranger)).await;
        server.stop().await;
        for failed in [failed, items(Some(&gone)).await] {
            assert!(matches!(outcomes(&failed)[..], [CheckOutcome::Failed { .. }]), "{failed:?}");
            assert!(!format!("{failed:?}").contains("wrong"));
        }
    }
}
