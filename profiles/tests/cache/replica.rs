//! A replica counts what is sent to it, and neither evicts nor expires keys of itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aforo_model::cache::AccessTracking;
use aforo_profiles::{CacheWatch, TraceLimits, Watched, read_cache, record_cache_trace, watch};
use tokio_util::sync::CancellationToken;

use crate::server::{Server, read, reason, sampled, skipped, unhurried};

#[tokio::test]
async fn what_a_replica_counts_is_told_to_be_its_own() {
    let primary = Server::start(&[]).await;
    primary.fill("session:", 120).await;
    let replica = Server::start_replica(&primary, &[]).await;
    let watch = CacheWatch::begin(&replica.url("", 0)).await.unwrap();
    for key in 0..50 {
        primary.run(&format!("GET session:{key}")).await;
    }
    replica.run("GET session:1").await;
    replica.run("GET nobody").await;
    let evidence = read_cache(&replica.url("", 0), &unhurried(), Some(&watch)).await.unwrap();
    assert!(evidence.server.is_replica && !evidence.server.is_cluster_node);
    assert_eq!(skipped(&evidence), ["primary"]);
    let (why, remedy) = reason(&evidence, "primary");
    let address = format!("127.0.0.1:{}", primary.port());
    assert!(why.starts_with(&format!("the server is a replica of {address}")), "{why}");
    assert!(remedy.ends_with(&format!("--redis-url redis://{address}")), "{remedy}");
    let counters = evidence.counters.unwrap();
    assert_eq!((counters.keyspace_hits, counters.keyspace_misses), (1, 1), "of the replica's own look-ups");
    // Keys that are read on the primary look unused here: nothing is said of how often they are.
    let sample = evidence.sample.unwrap();
    assert_eq!((sample.keys.len(), sample.tracking), (120, AccessTracking::Unknown));
    assert!(sample.keys.iter().all(|key| key.idle_s.is_none() && key.frequency.is_none()));

    let evidence = read(&primary.url("", 0)).await;
    assert!(!evidence.server.is_replica);
    assert_eq!(skipped(&evidence), ["replicas"]);
    assert!(reason(&evidence, "replicas").0.starts_with("1 replica of the server"), "{evidence:?}");

    // Who may not ask INFO is told by HELLO, which cannot be refused.
    replica.user("keys-only", "~* +@read").await;
    let evidence = read(&replica.url("keys-only", 0)).await;
    assert!(evidence.server.is_replica && evidence.server.version.is_some(), "{:?}", evidence.server);
    assert_eq!(skipped(&evidence), ["counters", "settings", "slow-log", "primary"]);
    replica.stop().await;
    primary.stop().await;
}

#[tokio::test]
async fn a_replica_that_lost_its_primary_says_so_and_one_that_answers_no_more_is_skipped() {
    let primary = Server::start(&[]).await;
    primary.fill("session:", 120).await;
    let replica = Server::start_replica(&primary, &[]).await;
    primary.stop().await;
    replica.until("master_link_status", "down").await;
    let evidence = read(&replica.url("", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["primary"], Some(120)));

    replica.run("CONFIG SET replica-serve-stale-data no").await;
    let evidence = read(&replica.url("", 0)).await;
    assert!(reason(&evidence, "primary").0.contains("its link to the primary is down"));
    assert_eq!(skipped(&evidence), ["primary", "keys"]);
    let (why, remedy) = reason(&evidence, "keys");
    assert!(why.contains("MASTERDOWN") && remedy.contains("primary"), "{why}; {remedy}");
    replica.stop().await;
}

#[tokio::test]
async fn a_trace_of_a_replica_is_known_to_be_one() {
    let primary = Server::start(&[]).await;
    let replica = Server::start_replica(&primary, &[]).await;
    let limits = TraceLimits { duration: Duration::from_millis(50), ..TraceLimits::default() };
    for (server, is_replica) in [(&primary, false), (&replica, true)] {
        let trace =
            record_cache_trace(&server.url("", 0), &limits, &CancellationToken::new(), |_| ()).await.unwrap();
        assert_eq!((trace.server.is_replica, trace.server.is_cluster_node), (is_replica, false));
        assert_eq!(server.info("errorstats").await, BTreeMap::new());
    }
    replica.stop().await;
    primary.stop().await;
}

#[tokio::test]
async fn a_run_is_told_that_its_redis_is_a_replica() {
    let primary = Server::start(&[]).await;
    let replica = Server::start_replica(&primary, &[]).await;
    let watched = Watched { redis_url: Some(replica.url("", 5)), ..Watched::default() };
    let stop = CancellationToken::new();
    let mut watching = watch(&watched, Instant::now(), stop.clone());
    // On a busy machine others come before it.
    let told = format!("a replica of 127.0.0.1:{}", primary.port());
    while !watching.notices.recv().await.unwrap().why.contains(&told) {}
    stop.cancel();
    replica.stop().await;
    primary.stop().await;
}
