//! Reading real servers: one of each kind that matters.

use std::collections::BTreeSet;
use std::time::Duration;

use aforo_model::cache::{AccessTracking, CacheEvidence, SampleEnd};
use aforo_sandbox::{Redis as Sandbox, RedisOptions};
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd};

use super::*;
use crate::redis::server::connect;

async fn run(connection: &mut MultiplexedConnection, words: &[&str]) {
    let mut command = Cmd::new();
    words.iter().for_each(|word| {
        command.arg(*word);
    });
    command.exec_async(connection).await.unwrap();
}

/// A server with sessions, rates, a lock without end, a large page and a name of bytes, in two databases.
async fn hotel() -> (Sandbox, MultiplexedConnection) {
    let server = Sandbox::start(RedisOptions::default()).await.unwrap();
    let mut user = connect(&Client::open(server.url()).unwrap()).await.unwrap();
    for number in 0..150 {
        run(&mut user, &["SET", &format!("session:{number}"), "{}", "EX", "3600"]).await;
        run(&mut user, &["SET", &format!("pms:rate:{number}:2026-11-21"), "99", "EX", "600"]).await;
    }
    run(&mut user, &["SET", "page:home", &"<p>room</p>".repeat(120_000)]).await;
    redis::cmd("SET").arg(&b"bin\xff\x00"[..]).arg(1).exec_async(&mut user).await.unwrap();
    run(&mut user, &["SELECT", "3"]).await;
    run(&mut user, &["HSET", "cart:1", "item", "7"]).await;
    run(&mut user, &["SELECT", "0"]).await;
    (server, user)
}

fn skipped(evidence: &CacheEvidence) -> BTreeSet<&str> {
    evidence.skipped.iter().map(|skipped| skipped.what.as_str()).collect()
}

/// Reads all keys, however busy the machine is.
fn unhurried() -> CacheReadOptions {
    CacheReadOptions { max_sample_time: Duration::from_secs(600), ..CacheReadOptions::default() }
}

async fn read(url: &str) -> CacheEvidence {
    read_cache(url, &unhurried(), None).await.unwrap()
}

#[tokio::test]
async fn everything_is_read_of_a_server_that_allows_it() {
    let (server, mut user) = hotel().await;
    run(&mut user, &["CONFIG", "SET", "slowlog-log-slower-than", "0"]).await;
    let watch = CacheWatch::begin(&server.url()).await.unwrap();
    for key in ["session:1", "session:2", "session:none"] {
        run(&mut user, &["GET", key]).await;
    }
    let options = CacheReadOptions { read_values: true, ..unhurried() };
    let evidence = read_cache(&server.url(), &options, Some(&watch)).await.unwrap();
    assert_eq!(evidence.skipped, []);
    let counters = evidence.counters.as_ref().unwrap();
    assert_eq!((counters.keyspace_hits, counters.keyspace_misses, counters.is_window), (2, 1, true));
    assert!(counters.commands.iter().any(|line| line.command == "get" && line.calls == 3), "{counters:?}");
    assert!(!counters.commands.iter().any(|line| line.command == "hset"));
    let slow: Vec<_> = evidence.slow_log.iter().flatten().map(|entry| entry.key.as_deref()).collect();
    assert!(slow.contains(&Some("session:none")), "{slow:?}");
    assert_eq!(evidence.key_counts.values().sum::<u64>(), 303);

    let sample = evidence.sample.as_ref().unwrap();
    assert_eq!((sample.keys.len(), sample.ended_by), (303, SampleEnd::AllSeen));
    assert_eq!(sample.tracking, AccessTracking::IdleTime);
    let key = |name: &str| sample.keys.iter().find(|key| key.name == name).unwrap();
    assert!(key("session:1").ttl_ms.is_some_and(|ttl| ttl > 3_000_000) && key("session:1").idle_s.is_some());
    assert_eq!((key("cart:1").database, key("cart:1").kind.as_str()), (3, "hash"));
    assert_eq!((key("bin\\xff\\x00").ttl_ms, key("bin\\xff\\x00").frequency), (None, None));
    let page = key("page:home").compression.as_ref().unwrap().found().unwrap();
    assert!(page.zstd_ratio < 0.1 && page.value_bytes == 1_320_000, "{page:?}");

    run(&mut user, &["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"]).await;
    let evidence = read(&server.url()).await;
    let sample = evidence.sample.unwrap();
    let settings = AccessTracking::Frequency { log_factor: Some(10), decay_time_min: Some(1) };
    assert_eq!(sample.tracking, settings);
    assert!(sample.keys.iter().all(|key| key.frequency.is_some() && key.idle_s.is_none()));
    server.stop().await;
}

#[tokio::test]
async fn a_user_without_rights_is_told_which_are_missing() {
    let (server, mut user) = hotel().await;
    let url = |name: &str| server.url().replace("redis://", &format!("redis://{name}:secret@"));
    run(&mut user, &["ACL", "SETUSER", "nobody", "on", ">secret", "+ping"]).await;
    run(
        &mut user,
        &["ACL", "SETUSER", "reader", "on", ">secret", "~session:*", "+@read", "+info", "+select"],
    )
    .await;

    let nothing = read(&url("nobody")).await;
    assert!(nothing.counters.is_none() && nothing.sample.is_none() && nothing.settings.is_none());
    assert_eq!(skipped(&nothing), BTreeSet::from(["counters", "key-counts", "settings", "slow-log"]));
    for part in &nothing.skipped {
        assert!(part.remedy.starts_with("ACL SETUSER nobody +"), "{part:?}");
        assert!(!part.why.contains("secret"), "{part:?}");
    }

    let some = read(&url("reader")).await;
    assert_eq!(skipped(&some), BTreeSet::from(["keys-refused", "settings", "slow-log"]));
    assert!(some.sample.unwrap().keys.iter().all(|key| key.name.starts_with("session:")));

    let error =
        read_cache(&url("stranger"), &CacheReadOptions::default(), None).await.unwrap_err().to_string();
    assert!(error.contains("check user and password") && !error.contains("secret"), "{error}");
    server.stop().await;
}

#[tokio::test]
async fn a_sample_keeps_to_its_bounds_and_an_empty_server_is_one() {
    let server = Sandbox::start(RedisOptions::default()).await.unwrap();
    let empty = read(&server.url()).await;
    assert_eq!((empty.sample.unwrap().keys.len(), empty.skipped.len()), (0, 0));
    let mut user = connect(&Client::open(server.url()).unwrap()).await.unwrap();
    let fill = "for i = 1, 50000 do redis.call('SET', 'key:' .. i, 'value') end";
    run(&mut user, &["EVAL", fill, "0"]).await;
    let options = CacheReadOptions { max_keys: 1_000, ..unhurried() };
    let sample = read_cache(&server.url(), &options, None).await.unwrap().sample.unwrap();
    assert_eq!((sample.ended_by, sample.total_keys), (SampleEnd::EnoughKeys, 50_000));
    assert!((1_000..1_300).contains(&sample.keys.len()), "{}", sample.keys.len());
    let options = CacheReadOptions { max_sample_time: Duration::ZERO, ..options };
    let evidence = read_cache(&server.url(), &options, None).await.unwrap();
    assert_eq!(evidence.sample, None);
    assert_eq!(skipped(&evidence), BTreeSet::from(["keys"]));
    server.stop().await;
}

#[tokio::test]
async fn a_url_that_is_none_and_a_server_that_is_not_there_are_errors_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in ["http://user:secret@127.0.0.1".to_owned(), format!("redis://user:secret@{free}")] {
        let error = read_cache(&url, &CacheReadOptions::default(), None).await.unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
