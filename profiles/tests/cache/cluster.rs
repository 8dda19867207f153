//! A node of a cluster holds a part of the keys, and sends whoever asks for others elsewhere.

use crate::server::{Server, read, reason, sampled, skipped};

/// Two nodes, of which the first has all slots and knows the second.
async fn two_nodes() -> (Server, Server) {
    let (first, second) = tokio::join!(Server::start_node(), Server::start_node());
    first.run("CLUSTER ADDSLOTSRANGE 0 16383").await;
    let nodes: String = second.ask("CLUSTER NODES").await;
    // `id host:port@bus …`
    let bus = nodes.split(['@', ',', ' ']).nth(2).unwrap();
    first.run(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", second.port())).await;
    for node in [&first, &second] {
        node.until_cluster("cluster_known_nodes:2").await;
        node.until_cluster("cluster_state:ok").await;
    }
    (first, second)
}

#[tokio::test]
async fn one_node_is_told_to_be_one_and_a_database_that_a_cluster_lacks_is_no_error() {
    let (first, second) = two_nodes().await;
    first.fill("session:", 120).await;
    for database in [0, 1] {
        let evidence = read(&first.url("", database)).await;
        assert!(evidence.server.is_cluster_node && !evidence.server.is_replica);
        assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["cluster-nodes"], Some(120)));
    }
    let evidence = read(&second.url("", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["cluster-nodes"], Some(0)));

    // Without INFO the keys of the URL's database are counted, which a cluster does not have.
    first.user("keys-only", "~* +@read +select").await;
    let evidence = read(&first.url("keys-only", 1)).await;
    assert!(evidence.server.is_cluster_node, "by HELLO");
    let (why, remedy) = reason(&evidence, "key-counts");
    assert!(
        why.contains("not allowed in cluster mode") && remedy.contains("out of the URL"),
        "{why}; {remedy}"
    );
    let evidence = read(&first.url("keys-only", 0)).await;
    assert_eq!(skipped(&evidence), ["counters", "settings", "slow-log", "cluster-nodes"]);

    // What a node copies it tells about only to those who say that old values will do.
    let id: String = first.ask("CLUSTER MYID").await;
    second.run(&format!("CLUSTER REPLICATE {id}")).await;
    second.until("master_link_status", "up").await;
    second.user("keys-only", "~* +@read +info").await;
    second.user("readonly", "~* +@read +readonly").await;
    let evidence = read(&second.url("", 0)).await;
    assert_eq!(skipped(&evidence), ["primary", "cluster-nodes"]);
    assert_eq!(sampled(&evidence), Some(120));
    let evidence = read(&second.url("readonly", 0)).await;
    assert_eq!(sampled(&evidence), Some(120), "{:?}", evidence.skipped);
    let evidence = read(&second.url("keys-only", 0)).await;
    assert_eq!(reason(&evidence, "keys").1, "ACL SETUSER keys-only +readonly");
    assert_eq!(evidence.sample, None);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn keys_that_a_node_does_not_answer_for_are_skipped_with_what_the_cluster_says() {
    let (first, second) = two_nodes().await;
    first.fill("{a}:", 40).await;
    first.fill("{b}:", 60).await;
    // A slot that is given away while keys of it are still there, as a broken move leaves it.
    let slot: u32 = first.ask("CLUSTER KEYSLOT {a}").await;
    let id: String = second.ask("CLUSTER MYID").await;
    first.run(&format!("CLUSTER SETSLOT {slot} MIGRATING {id}")).await;
    let evidence = read(&first.url("", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["cluster-nodes"], Some(100)));
    first.run("CONFIG SET cluster-require-full-coverage no").await;
    first.run(&format!("CLUSTER DELSLOTS {slot}")).await;
    first.until_cluster("cluster_slots_assigned:16383").await;
    let evidence = read(&first.url("", 0)).await;
    assert_eq!(skipped(&evidence), ["cluster-nodes", "keys-refused"]);
    let (why, remedy) = reason(&evidence, "keys-refused");
    assert!(why.contains("40 of 100 keys") && why.contains("CLUSTERDOWN"), "{why}");
    assert!(remedy.contains("redis-cli --cluster check"), "{remedy}");
    assert_eq!(sampled(&evidence), Some(60));

    // The setting is looked at when slots change.
    first.run("CONFIG SET cluster-require-full-coverage yes").await;
    let other: u32 = first.ask("CLUSTER KEYSLOT {b}").await;
    first.run(&format!("CLUSTER DELSLOTS {other}")).await;
    first.until_cluster("cluster_state:fail").await;
    let evidence = read(&first.url("", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["cluster-nodes", "keys"], None));
    assert!(reason(&evidence, "keys").0.contains("100 of 100 keys"), "{:?}", evidence.skipped);
    assert!(evidence.counters.is_some() && evidence.settings.is_some() && evidence.slow_log.is_some());
    first.stop().await;
    second.stop().await;
}
