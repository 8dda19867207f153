//! What reading a cache does to it.

use std::collections::BTreeMap;
use std::time::Instant;

use aforo_profiles::{
    CacheReadOptions, CacheWatch, CommandReader, Watched, read_cache, server_versions, watch,
};
use tokio_util::sync::CancellationToken;

use crate::server::{Server, unhurried};

/// All that may be asked, as docs/cache.md says.
const ASKED: [&str; 13] = [
    "config|get",
    "getrange",
    "info",
    "memory|usage",
    "object|freq",
    "object|idletime",
    "pttl",
    "scan",
    "select",
    "slowlog|get",
    "strlen",
    "ttl",
    "type",
];

#[tokio::test]
async fn nothing_is_written_and_neither_keys_nor_monitor_is_used_and_no_error_is_made() {
    let server = Server::start(&[]).await;
    server.fill("session:", 250).await;
    server.run(&format!("SET page:home {}", "<p>room</p>".repeat(120_000))).await;
    server.run("SELECT 3").await;
    server.fill("cart:", 20).await;
    server.run("CONFIG RESETSTAT").await;
    let changes = |info: &BTreeMap<String, String>| info["rdb_changes_since_last_save"].clone();
    let before = server.info("persistence").await;

    // What a run asks beside the report.
    let url = server.url("", 3);
    CommandReader::connect(&url).await.unwrap().snapshot().await.unwrap();
    let watched = Watched { redis_url: Some(url), ..Watched::default() };
    assert!(server_versions(&watched).await.redis.is_some());
    let stop = CancellationToken::new();
    let mut watching = watch(&watched, Instant::now(), stop.clone());
    while watching.samples.recv().await.unwrap().redis.is_none() {}
    stop.cancel();

    let watch = CacheWatch::begin(&server.url("", 3)).await.unwrap();
    let options = CacheReadOptions { read_values: true, ..unhurried() };
    let evidence = read_cache(&server.url("", 3), &options, Some(&watch)).await.unwrap();
    assert_eq!(evidence.skipped, []);
    assert_eq!(evidence.sample.unwrap().keys.len(), 271);

    // What the client asks of its own accord would be here, too: servers before 7.2 refuse CLIENT SETINFO.
    assert_eq!(evidence.counters.unwrap().errors, Some(BTreeMap::new()));
    assert_eq!(server.info("errorstats").await, BTreeMap::new());
    for asked in server.info("commandstats").await.into_keys() {
        let name = asked.strip_prefix("cmdstat_").unwrap();
        // The test's own.
        if name == "config|resetstat" {
            continue;
        }
        assert!(ASKED.contains(&name), "{name} was asked");
        // What the server itself says of the command.
        let told: redis::Value = server.ask(&format!("COMMAND INFO {name}")).await;
        assert!(!format!("{told:?}").contains("\"write\""), "{name}: {told:?}");
    }
    assert_eq!(changes(&server.info("persistence").await), changes(&before));
    server.stop().await;
}
