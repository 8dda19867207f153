//! What is known of accesses to keys follows from `maxmemory-policy`, which need not be told.

use aforo_model::cache::AccessTracking;

use crate::server::{Server, read, skipped};

/// Sees keys, and neither the policy nor any setting.
const KEYS_ONLY: &str = "~* +@read +select";

#[tokio::test]
async fn without_an_lfu_policy_idle_times_are_asked_for_and_with_one_counters() {
    let server = Server::start(&[]).await;
    server.fill("session:", 250).await;
    server.user("keys-only", KEYS_ONLY).await;
    server.user("without-settings", &format!("{KEYS_ONLY} +info")).await;
    for policy in ["noeviction", "allkeys-lru", "volatile-ttl"] {
        server.run(&format!("CONFIG SET maxmemory-policy {policy}")).await;
        for user in ["", "without-settings", "keys-only"] {
            let sample = read(&server.url(user, 0)).await.sample.unwrap();
            assert_eq!(
                (sample.keys.len(), sample.tracking),
                (250, AccessTracking::IdleTime),
                "{policy} {user}"
            );
            assert!(sample.keys.iter().all(|key| key.idle_s.is_some() && key.frequency.is_none()));
        }
    }
    server.run("CONFIG SET maxmemory-policy volatile-lfu").await;
    for user in ["", "without-settings"] {
        let sample = read(&server.url(user, 0)).await.sample.unwrap();
        assert!(matches!(sample.tracking, AccessTracking::Frequency { .. }), "{:?}", sample.tracking);
        assert!(sample.keys.iter().all(|key| key.frequency.is_some() && key.idle_s.is_none()));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_not_told_is_learnt_from_what_the_server_refuses() {
    let server = Server::start(&["maxmemory-policy allkeys-lfu"]).await;
    server.fill("session:", 2_000).await;
    server.user("keys-only", KEYS_ONLY).await;
    let evidence = read(&server.url("keys-only", 0)).await;
    assert_eq!(skipped(&evidence), ["counters", "settings", "slow-log"]);
    let sample = evidence.sample.unwrap();
    // The settings that turn a counter into a rate may not be read either: no rate is made up.
    let unknown = AccessTracking::Frequency { log_factor: None, decay_time_min: None };
    assert_eq!((sample.keys.len(), sample.tracking), (2_000, unknown));
    let known = sample.keys.iter().filter(|key| key.frequency.is_some()).count();
    assert!(known > 1_500 && sample.keys.iter().all(|key| key.idle_s.is_none()), "{known}");
    server.stop().await;
}
