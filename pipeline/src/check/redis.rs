//! Is Redis there, and is it clean?

use std::time::Duration;

use aforo_profiles::connect_redis;
use redis::aio::MultiplexedConnection;
use redis::{IntoConnectionInfo as _, RedisError};

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
            "check --redis-url: host, port, user and password",
        )],
    }
}

/// Keys in the database of the URL, or why the server lets nobody count them, which is no reason not to load the target.
///
/// # Errors
/// Why there is no connection.
async fn key_count(redis_url: &str) -> Result<Result<u64, RedisError>, String> {
    let why = |error: RedisError| error.to_string();
    let database = redis_url.into_connection_info().map_err(why)?.redis_settings().db();
    let mut connection = connect_redis(redis_url).await.map_err(why)?;
    match count(&mut connection, database).await {
        Err(error) if error.is_io_error() => Err(error.to_string()),
        // Who is turned away is told by the first command only.
        Err(error) if is_turned_away(&error) => Err(error.to_string()),
        counted => Ok(counted),
    }
}

/// Without a password, by protected mode, or for being one too many.
fn is_turned_away(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOAUTH" | "DENIED"))
        || error.detail().is_some_and(|detail| detail.starts_with("max number of clients"))
}

async fn count(connection: &mut MultiplexedConnection, database: i64) -> Result<u64, RedisError> {
    if database != 0 {
        let () = redis::cmd("SELECT").arg(database).query_async(connection).await?;
    }
    redis::cmd("DBSIZE").query_async(connection).await
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
                remedy(&error),
            );
        }
    };
    CheckItem::warning(
        NAME,
        format!("it holds {keys} keys from before; answers cached earlier flatter the first minutes"),
        "if these are test data only, empty it with `redis-cli FLUSHDB`; Aforo never does that itself",
    )
}

/// What makes keys countable.
fn remedy(error: &RedisError) -> &'static str {
    match error.code() {
        Some("NOPERM") => "let the user count them: ACL SETUSER <user> +select +dbsize",
        Some("ERR") => {
            "check the number of the database in the URL (a cluster has only 0), and that SELECT and DBSIZE are not renamed"
        }
        _ => "check again when the server serves its keys",
    }
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

    #[tokio::test]
    async fn a_database_that_cannot_be_turned_to_is_no_reason_to_say_that_nobody_answers() {
        let settings = vec!["user counter on >secret resetkeys -@all +dbsize".to_owned()];
        let server = Redis::start(RedisOptions { settings, ..RedisOptions::default() }).await.unwrap();
        let node =
            Redis::start(RedisOptions { is_cluster_node: true, ..RedisOptions::default() }).await.unwrap();
        let user = server.url().replace("redis://", "redis://counter:secret@");
        for url in [server.url(), format!("{}/1", server.url()), node.url(), user.clone()] {
            let items = items(Some(&url)).await;
            assert!(matches!(outcomes(&items)[..], [CheckOutcome::Ok, CheckOutcome::Ok]), "{items:?}");
        }
        for (url, way_out) in [
            (format!("{user}/1"), "+select"),
            (format!("{}/1", node.url()), "a cluster has only 0"),
            (format!("{}/99", server.url()), "number of the database"),
        ] {
            let items = items(Some(&url)).await;
            assert!(
                matches!(outcomes(&items)[..], [CheckOutcome::Ok, CheckOutcome::Skipped { .. }]),
                "{items:?}"
            );
            assert!(items[1].remedy().is_some_and(|remedy| remedy.contains(way_out)), "{items:?}");
        }
        server.stop().await;
        node.stop().await;
    }

    #[tokio::test]
    async fn a_server_that_is_full_is_no_server_that_answers() {
        let settings = vec!["maxclients 1".to_owned()];
        let server = Redis::start(RedisOptions { settings, ..RedisOptions::default() }).await.unwrap();
        // What the start asked over is gone once this one is let in.
        let holder = loop {
            let mut connection = connect_redis(&server.url()).await.unwrap();
            if redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok() {
                break connection;
            }
        };
        let refused = items(Some(&server.url())).await;
        assert!(matches!(outcomes(&refused)[..], [CheckOutcome::Failed { .. }]), "{refused:?}");
        drop(holder);
        server.stop().await;
    }

    #[tokio::test]
    async fn keys_of_the_database_that_the_url_names_are_counted() {
        let server = Redis::start(RedisOptions::default()).await.unwrap();
        let mut connection = connect_redis(&server.url()).await.unwrap();
        let () = redis::cmd("SELECT").arg(3).query_async(&mut connection).await.unwrap();
        let () = redis::cmd("MSET")
            .arg(&["cart:1", "{}", "cart:2", "{}"])
            .query_async(&mut connection)
            .await
            .unwrap();
        let named = items(Some(&format!("{}/3", server.url()))).await;
        assert!(named[1].detail.starts_with("it holds 2 keys"), "{named:?}");
        assert_eq!(items(Some(&server.url())).await[1].outcome, CheckOutcome::Ok);
        server.stop().await;
    }
}
