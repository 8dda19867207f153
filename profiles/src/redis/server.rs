//! Asking `INFO` once a second.

use std::time::Instant;

use aforo_model::RedisSample;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo as _, RedisError};

use super::info::{Info, Role, parse_info, parse_role, parse_version};
use crate::Notice;
use crate::counter::{Growth, Rate};
use crate::link::Server;

/// A Redis server. Its counters count from the first reading; Aforo's own `INFO`, one a second, and its own
/// connection are among them.
#[derive(Clone)]
pub(crate) struct Redis {
    client: Client,
    since: Since,
}

/// The server's counters since the watch began.
#[derive(Debug, Clone, Default)]
struct Since {
    run_id: Option<String>,
    keyspace_hits: Growth,
    keyspace_misses: Growth,
    evicted_keys: Growth,
    commands_processed: Growth,
    hit_rate: Rate,
    miss_rate: Rate,
}

impl Since {
    fn advance(&mut self, now: Instant, info: &Info<'_>) -> RedisSample {
        let run_id = info.run_id.map(ToOwned::to_owned);
        if run_id != self.run_id {
            // Another start of the server: its counters may already be past where they were before.
            self.run_id = run_id;
            self.keyspace_hits.restart();
            self.keyspace_misses.restart();
            self.evicted_keys.restart();
            self.commands_processed.restart();
        }
        let keyspace_hits = self.keyspace_hits.advance(info.keyspace_hits);
        let keyspace_misses = self.keyspace_misses.advance(info.keyspace_misses);
        RedisSample {
            keyspace_hits,
            keyspace_misses,
            keyspace_hits_per_s: self.hit_rate.advance(now, keyspace_hits),
            keyspace_misses_per_s: self.miss_rate.advance(now, keyspace_misses),
            evicted_keys: self.evicted_keys.advance(info.evicted_keys),
            commands_processed: self.commands_processed.advance(info.commands_processed),
            used_memory_bytes: info.used_memory_bytes,
            fragmentation_ratio: info.fragmentation_ratio,
            connected_clients: info.connected_clients,
        }
    }
}

impl Redis {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// A notice when the URL is not Redis'.
    pub(crate) fn new(url: &str) -> Result<Self, Notice> {
        let client = client(url).map_err(|error| notice(&error))?;
        Ok(Self { client, since: Since::default() })
    }
}

impl Server for Redis {
    const NAME: &'static str = "redis";
    type Connection = MultiplexedConnection;
    type Reading = RedisSample;

    async fn connect(&self) -> Result<(MultiplexedConnection, Option<Notice>), Notice> {
        let mut connection = connect(&self.client).await.map_err(|error| notice(&error))?;
        let text = info(&mut connection).await.map_err(|error| notice(&error))?;
        Ok((connection, partial_view(&parse_role(&text))))
    }

    async fn read(&mut self, connection: &mut MultiplexedConnection) -> Result<RedisSample, Notice> {
        let text = info(connection).await.map_err(|error| notice(&error))?;
        let info = parse_info(&text).map_err(|error| {
            Notice::new(Self::NAME, error.to_string(), "use Redis 4 or newer, or Valkey, to be observed")
        })?;
        Ok(self.since.advance(Instant::now(), &info))
    }
}

/// The server's version.
///
/// # Errors
/// A notice when it cannot be asked.
pub(crate) async fn version(url: &str) -> Result<String, Notice> {
    let redis = Redis::new(url)?;
    let mut connection = connect(&redis.client).await.map_err(|error| notice(&error))?;
    let text = info(&mut connection).await.map_err(|error| notice(&error))?;
    parse_version(&text).ok_or_else(|| {
        Notice::new(Redis::NAME, "its INFO names no version", "none is needed; the record goes without")
    })
}

/// Connects with neither questions nor time limits of the client's own: the caller has them. It is the first database that is asked,
/// whatever the URL names; whether another can be is a question like any other.
///
/// # Errors
/// When the URL is not Redis', or the server is not reached or refuses the user.
pub async fn connect_redis(url: &str) -> Result<MultiplexedConnection, RedisError> {
    connect(&client(url)?).await
}

/// A client that does nothing of its own accord. It does not name itself, which servers before Redis 7.2 refuse and count among
/// their errors, twice a connection; and it stays in the first database, for a cluster has no other and a user may not be
/// allowed to change it. Who needs the one that the URL names selects it.
pub(super) fn client(url: &str) -> Result<Client, RedisError> {
    let information = url.into_connection_info()?;
    let settings = information.redis_settings().clone().set_skip_set_lib_name().set_db(0);
    Client::open(information.set_redis_settings(settings))
}

/// What is not seen of a cache when only this server of it is asked.
fn partial_view(role: &Role) -> Option<Notice> {
    if role.is_replica {
        return Some(Notice::new(
            Redis::NAME,
            format!("{}: look-ups and evictions on the primary are not in its counters", role.told()),
            "name the primary, or take the figures as those of this replica alone",
        ));
    }
    role.is_cluster_node.then(|| {
        Notice::new(
            Redis::NAME,
            format!("{}: look-ups and memory of the other nodes are not in its figures", role.told()),
            "take the figures as those of this node alone",
        )
    })
}

/// Connects with no time limits of the client's own: the caller has them.
pub(super) async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn info(connection: &mut MultiplexedConnection) -> Result<String, RedisError> {
    redis::cmd("INFO").query_async(connection).await
}

/// What a failure means to the user.
pub(super) fn notice(error: &RedisError) -> Notice {
    let remedy = match error.kind() {
        ErrorKind::InvalidClientConfig => "use a URL like redis://user:password@host:6379/0",
        ErrorKind::AuthenticationFailed => "check user and password in the URL",
        ErrorKind::Io => "check that Redis runs and that the host and port are right",
        _ if error.code() == Some("NOPERM") => "allow the user to ask: ACL SETUSER <user> +info",
        _ if error.code() == Some("NOAUTH") => "put user and password into the URL",
        _ => "check that the URL names a Redis server and that it lets INFO be asked",
    };
    Notice::new(Redis::NAME, error.to_string(), remedy)
}

#[cfg(test)]
mod tests {
    use aforo_sandbox::{Redis as Sandbox, RedisOptions};

    use super::*;

    fn info_of(run_id: &str, count: u64) -> Info<'_> {
        Info {
            run_id: Some(run_id),
            keyspace_hits: count,
            keyspace_misses: count,
            evicted_keys: count,
            commands_processed: count,
            used_memory_bytes: 5,
            fragmentation_ratio: 1.5,
            connected_clients: 2,
        }
    }

    #[test]
    fn counters_go_on_over_a_restart_of_the_server() {
        let mut since = Since::default();
        assert_eq!(since.advance(Instant::now(), &info_of("first", 1_000)).keyspace_hits, 0);
        assert_eq!(since.advance(Instant::now(), &info_of("first", 1_100)).keyspace_hits, 100);
        assert_eq!(since.advance(Instant::now(), &info_of("second", 7)).keyspace_hits, 107);
        // The third start has already counted further than the second.
        let sample = since.advance(Instant::now(), &info_of("third", 50));
        assert_eq!((sample.keyspace_hits, sample.commands_processed), (157, 157));
    }

    #[test]
    fn counters_go_on_over_a_reset_of_the_statistics() {
        let mut since = Since::default();
        since.advance(Instant::now(), &info_of("only", 1_000));
        since.advance(Instant::now(), &info_of("only", 1_100));
        assert_eq!(since.advance(Instant::now(), &info_of("only", 20)).evicted_keys, 120);
    }

    #[tokio::test]
    async fn a_real_server_is_read_also_when_its_statistics_are_reset() {
        let server = Sandbox::start(RedisOptions::default()).await.unwrap();
        let mut redis = Redis::new(&server.url()).unwrap();
        let (mut connection, notice) = redis.connect().await.unwrap();
        assert_eq!(notice, None);
        let first = redis.read(&mut connection).await.unwrap();
        assert_eq!((first.keyspace_hits, first.keyspace_misses, first.commands_processed), (0, 0, 0));
        assert!(first.used_memory_bytes > 100_000 && first.connected_clients >= 1, "{first:?}");

        let mut user = connect(&redis.client).await.unwrap();
        let () = redis::cmd("SET").arg("key").arg("value").query_async(&mut user).await.unwrap();
        for (key, times) in [("key", 3), ("other", 2)] {
            for _ in 0..times {
                let _: Option<String> = redis::cmd("GET").arg(key).query_async(&mut user).await.unwrap();
            }
        }
        let second = redis.read(&mut connection).await.unwrap();
        assert_eq!((second.keyspace_hits, second.keyspace_misses), (3, 2));

        let () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut user).await.unwrap();
        let _: Option<String> = redis::cmd("GET").arg("key").query_async(&mut user).await.unwrap();
        let third = redis.read(&mut connection).await.unwrap();
        assert_eq!((third.keyspace_hits, third.keyspace_misses), (4, 2));

        let version = version(&server.url()).await.unwrap();
        assert!(version.contains(|letter: char| letter.is_ascii_digit()), "{version}");
        assert_eq!(crate::pid_serving(&server.url()), Some(server.pid()));
        server.stop().await;
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_gives_cause_and_remedy() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let redis = Redis::new(&format!("redis://user:secret@{free}")).unwrap();
        let notice = redis.connect().await.err().unwrap();
        assert_eq!(notice.source, "redis");
        assert!(notice.remedy.contains("port"), "{notice}");
        assert!(!notice.to_string().contains("secret"), "{notice}");
        let notice = Redis::new("http://127.0.0.1").err().unwrap();
        assert!(notice.remedy.contains("redis://"), "{notice}");
    }
}
