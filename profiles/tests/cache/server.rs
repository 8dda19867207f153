//! Servers of all kinds, and what is asked of them.

use std::collections::BTreeMap;
use std::time::Duration;

use aforo_model::cache::{CacheEvidence, SampleEnd};
use aforo_profiles::{CacheReadOptions, read_cache};
use aforo_sandbox::{Redis, RedisOptions};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo as _};
use tokio::time::{Instant, sleep};

/// The longest that a server may take to become what it was told to be.
const LONGEST_CHANGE: Duration = Duration::from_secs(60);

/// A server with its administrator.
pub(crate) struct Server {
    pub(crate) redis: Redis,
    admin: MultiplexedConnection,
}

impl Server {
    /// A server with these lines in its settings.
    pub(crate) async fn start(settings: &[&str]) -> Self {
        Self::of(RedisOptions { settings: owned(settings), ..RedisOptions::default() }).await
    }

    /// A node of a cluster, which is alone and serves no slots yet.
    pub(crate) async fn start_node() -> Self {
        Self::of(RedisOptions { is_cluster_node: true, settings: quick(), ..RedisOptions::default() }).await
    }

    /// A replica that has all that `primary` had before.
    pub(crate) async fn start_replica(primary: &Self, settings: &[&str]) -> Self {
        let replica_of = format!("replicaof 127.0.0.1 {}", primary.port());
        let settings = [owned(settings), vec![replica_of]].concat();
        let replica = Self::of(RedisOptions { settings, ..RedisOptions::default() }).await;
        replica.until("master_link_status", "up").await;
        replica
    }

    async fn of(options: RedisOptions) -> Self {
        let redis = Redis::start(options).await.unwrap();
        let information = redis.url().into_connection_info().unwrap();
        let settings = information.redis_settings().clone().set_skip_set_lib_name();
        let client = Client::open(information.set_redis_settings(settings)).unwrap();
        // Without time limits, which a busy machine would not keep. It does not name itself: that is counted as an error.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        Self { admin: client.get_multiplexed_async_connection_with_config(&config).await.unwrap(), redis }
    }

    pub(crate) fn port(&self) -> String {
        self.redis.url().rsplit(':').next().unwrap().to_owned()
    }

    /// The address with a database, and a user whose password is `secret`.
    pub(crate) fn url(&self, user: &str, database: u32) -> String {
        let user = if user.is_empty() { String::new() } else { format!("{user}:secret@") };
        format!("redis://{user}127.0.0.1:{}/{database}", self.port())
    }

    /// Asks something, in words parted by blanks.
    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &str) -> T {
        let mut command = Cmd::new();
        words.split(' ').for_each(|word| {
            command.arg(word);
        });
        command.query_async(&mut self.admin.clone()).await.unwrap()
    }

    pub(crate) async fn run(&self, words: &str) {
        let _: redis::Value = self.ask(words).await;
    }

    /// Writes `count` keys that live for an hour.
    pub(crate) async fn fill(&self, prefix: &str, count: u32) {
        let mut writes = redis::pipe();
        (0..count).for_each(|number| {
            writes.cmd("SET").arg(format!("{prefix}{number}")).arg("{}").arg("EX").arg(3600).ignore();
        });
        writes.exec_async(&mut self.admin.clone()).await.unwrap();
    }

    /// A user with these rules and the password `secret`.
    pub(crate) async fn user(&self, name: &str, rules: &str) {
        self.run(&format!("ACL SETUSER {name} on >secret {rules}")).await;
    }

    /// The fields of a section of `INFO`.
    pub(crate) async fn info(&self, section: &str) -> BTreeMap<String, String> {
        let text: String = self.ask(&format!("INFO {section}")).await;
        let field = |line: &str| {
            let (name, value) = line.trim_end().split_once(':')?;
            Some((name.to_owned(), value.to_owned()))
        };
        text.lines().filter_map(field).collect()
    }

    /// Waits until a field of `INFO` has a value.
    pub(crate) async fn until(&self, field: &str, value: &str) {
        let deadline = Instant::now() + LONGEST_CHANGE;
        while self.info("all").await.get(field).is_none_or(|found| found != value) {
            assert!(Instant::now() < deadline, "{field} is not {value} within a minute");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until `CLUSTER INFO` has a line.
    pub(crate) async fn until_cluster(&self, line: &str) {
        let deadline = Instant::now() + LONGEST_CHANGE;
        loop {
            let told: String = self.ask("CLUSTER INFO").await;
            if told.lines().any(|told| told.trim_end() == line) {
                return;
            }
            assert!(Instant::now() < deadline, "no {line} within a minute: {told}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn stop(self) {
        self.redis.stop().await;
    }
}

fn owned(settings: &[&str]) -> Vec<String> {
    settings.iter().map(|line| (*line).to_owned()).chain(quick()).collect()
}

/// A replica gets its copy at once, not after waiting for others that want it too.
fn quick() -> Vec<String> {
    vec!["repl-diskless-sync-delay 0".to_owned(), "repl-ping-replica-period 1".to_owned()]
}

/// Reads all keys, however busy the machine is.
pub(crate) fn unhurried() -> CacheReadOptions {
    CacheReadOptions { max_sample_time: Duration::from_secs(600), ..CacheReadOptions::default() }
}

pub(crate) async fn read(url: &str) -> CacheEvidence {
    read_cache(url, &unhurried(), None).await.unwrap()
}

/// What was skipped, in order.
pub(crate) fn skipped(evidence: &CacheEvidence) -> Vec<&str> {
    evidence.skipped.iter().map(|skipped| skipped.what.as_str()).collect()
}

/// How many keys a sample has that has all that may be read.
pub(crate) fn sampled(evidence: &CacheEvidence) -> Option<u64> {
    let sample = evidence.sample.as_ref()?;
    assert_eq!((sample.ended_by, sample.keys.len() as u64), (SampleEnd::AllSeen, sample.total_keys));
    Some(sample.total_keys)
}

/// Why a part was skipped, and what to do about it.
pub(crate) fn reason<'evidence>(
    evidence: &'evidence CacheEvidence,
    what: &str,
) -> (&'evidence str, &'evidence str) {
    let skipped = evidence.skipped.iter().find(|skipped| skipped.what == what);
    skipped.map(|skipped| (skipped.why.as_str(), skipped.remedy.as_str())).unwrap()
}
