//! Servers and users that refuse some of what is asked: each refusal is one part that was skipped, and the others are there.

use aforo_model::cache::AccessTracking;

use crate::server::{Server, read, reason, sampled, skipped};

#[tokio::test]
async fn a_renamed_command_is_one_part_that_is_skipped() {
    for (command, what) in [
        ("CONFIG", "settings"),
        ("SLOWLOG", "slow-log"),
        ("SCAN", "keys"),
        ("TYPE", "keys"),
        ("MEMORY", "key-sizes"),
        ("OBJECT", "key-accesses"),
    ] {
        let server = Server::start(&[&format!("rename-command {command} \"\"")]).await;
        server.fill("token:ann@example.org:", 120).await;
        let evidence = read(&server.url("", 0)).await;
        assert_eq!(skipped(&evidence), [what], "{command}");
        let (why, remedy) = reason(&evidence, what);
        assert_eq!(why, format!("unknown command '{command}'"));
        assert!(remedy.contains("rename-command"), "{remedy}");
        assert!(evidence.counters.is_some() && evidence.memory.is_some(), "{command}");
        assert_eq!(evidence.sample.is_none(), what == "keys", "{command}");
        if let Some(sample) = evidence.sample {
            assert_eq!(sample.keys.len(), 120, "{command}");
            assert_eq!(sample.keys[0].bytes.is_none(), what == "key-sizes");
            assert_eq!(sample.tracking == AccessTracking::Unknown, what == "key-accesses");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_database_that_may_not_be_turned_to_is_skipped_and_the_others_are_read() {
    let server = Server::start(&[]).await;
    server.fill("session:", 120).await;
    server.run("SELECT 7").await;
    server.fill("cart:", 40).await;
    server.user("first-only", "~* +@read +info +config|get +slowlog|get").await;
    let evidence = read(&server.url("first-only", 7)).await;
    assert_eq!(skipped(&evidence), ["databases-refused"]);
    let (why, remedy) = reason(&evidence, "databases-refused");
    assert!(why.contains("'select'") && why.ends_with("not sampled: database 7"), "{why}");
    assert_eq!(remedy, "ACL SETUSER first-only +select");
    assert_eq!(sampled(&evidence), Some(120), "keys of the other are not taken to be like these");
    assert_eq!(evidence.key_counts.values().sum::<u64>(), 160);
    server.run("FLUSHALL").await;
    server.fill("cart:", 40).await;
    let evidence = read(&server.url("first-only", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["keys"], None));
    server.stop().await;

    // The URL names a database that nobody can turn to.
    let server = Server::start(&["rename-command SELECT \"\""]).await;
    server.fill("session:", 120).await;
    let evidence = read(&server.url("", 7)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec![], Some(120)));
    server.stop().await;
}

#[tokio::test]
async fn a_read_only_user_is_told_the_rule_that_each_part_lacks() {
    let server = Server::start(&[]).await;
    server.fill("session:", 120).await;
    server.fill("rate:", 80).await;
    server.user("reader", "%R~* +@read -@dangerous").await;
    let evidence = read(&server.url("reader", 0)).await;
    assert_eq!(skipped(&evidence), ["counters", "settings", "slow-log"]);
    for (what, rule) in [("counters", "+info"), ("settings", "+config|get"), ("slow-log", "+slowlog|get")] {
        let (why, remedy) = reason(&evidence, what);
        assert!(why.starts_with("NOPERM ") && !why.contains("secret"), "{why}");
        assert_eq!(remedy, format!("ACL SETUSER reader {rule}"));
    }
    // In the words of INFO, which is asked by the administrator.
    assert!(evidence.server.version.is_some());
    assert_eq!(evidence.server, read(&server.url("", 0)).await.server);
    assert_eq!(sampled(&evidence), Some(200));

    // The rights that docs/cache.md asks for are enough, in every database.
    server.run("SELECT 3").await;
    server.fill("cart:", 10).await;
    server
        .user(
            "documented",
            "resetkeys %R~* -@all +info +config|get +slowlog|get +select +scan +type +pttl +memory|usage \
             +object|idletime +object|freq +readonly",
        )
        .await;
    let evidence = read(&server.url("documented", 3)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec![], Some(210)));
    server.stop().await;
}

#[tokio::test]
async fn keys_that_the_user_may_not_read_are_not_taken_to_be_like_the_others() {
    let server = Server::start(&[]).await;
    server.fill("session:", 150).await;
    server.fill("rate:", 150).await;
    server.user("sessions", "%R~session:* +@read +info +config|get +slowlog|get").await;
    let evidence = read(&server.url("sessions", 0)).await;
    assert_eq!(skipped(&evidence), ["keys-refused"]);
    let (why, remedy) = reason(&evidence, "keys-refused");
    assert!(why.starts_with("the server did not tell about 150 of 300 keys that it listed: NOPERM"), "{why}");
    assert_eq!(remedy, "ACL SETUSER sessions %R~*");
    assert_eq!(sampled(&evidence), Some(150));

    server.user("nothing", "+@read +info +config|get +slowlog|get").await;
    let evidence = read(&server.url("nothing", 0)).await;
    assert_eq!((skipped(&evidence), sampled(&evidence)), (vec!["keys"], None));
    server.stop().await;
}
