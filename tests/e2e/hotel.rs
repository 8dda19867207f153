//! The built-in hotel, as a first-time user meets it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::aforo::{Finished, Workplace, wait_until};

/// A hotel that is quick to set up.
const SMALL: [&str; 4] = ["--accommodations", "20", "--reservations", "2000"];

#[test]
fn the_baseline_on_the_hotel_judges_every_slo_and_leaves_nothing_running() {
    let workplace = Workplace::new();
    let run = workplace.aforo(&["run", "baseline"]);
    let record = workplace.record();
    let slos = record["slos"].as_array().unwrap();
    assert!(slos.len() >= 5);
    for slo in slos {
        assert_ne!(slo["verdict"]["outcome"], "inconclusive", "{slo:#}\n{}", run.stdout);
    }
    let expected = if record["verdict"]["outcome"] == "met" { 0 } else { 1 };
    run.expect_code(expected);

    let steps = record["load"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 13);
    for step in steps {
        assert!(step["requests"].as_u64().unwrap() > 0, "{} was never taken", step["name"]);
    }
    assert_eq!(record["load"]["peak_users"], 10);
    assert_eq!(record["target"]["name"], "hotel");
    for role in ["target", "postgres", "redis", "generator"] {
        let summaries = record["resource_summary"]["processes"].as_array().unwrap();
        let summary =
            summaries.iter().find(|each| each["role"] == role).unwrap_or_else(|| panic!("no {role}"));
        assert!(summary["sample_count"].as_u64().unwrap() >= 50, "{summary:#}");
    }
    assert!(record["resources"][5]["redis"]["commands_processed"].is_u64());
    assert!(record["resources"][5]["postgres"]["connection_count"].is_u64());
    let commands =
        record["cache"]["counters"]["commands"].as_array().expect("the report on Redis counts commands");
    assert!(commands.iter().any(|command| command["calls"].as_u64() > Some(0)), "{commands:?}");
    assert!(record["cache"]["hit_ratio"]["found"].is_f64(), "{:#}", record["cache"]["hit_ratio"]);
    let pid = record["target"]["pid"].as_u64().unwrap();
    wait_until("the hotel's process is gone", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn the_check_of_the_hotel_finds_it_fit() {
    let workplace = Workplace::new();
    let check = workplace.aforo(&[&["check", "--json"], SMALL.as_slice()].concat()).expect_code(0);
    let items: Vec<Value> = serde_json::from_str(&check.stdout).unwrap();
    let outcome = |name: &str| items.iter().find(|item| item["name"] == name).unwrap()["outcome"].clone();
    for name in [
        "target-answers",
        "target-process",
        "database-answers",
        "statement-statistics",
        "realistic-data",
        "redis-answers",
    ] {
        assert_eq!(outcome(name), "ok", "{name}: {}", check.stdout);
    }
}

#[test]
fn the_hotel_alone_says_where_it_is_and_dies_with_its_starter() {
    let workplace = Workplace::new();
    let mut hotel = workplace
        .command(&[&["hotel", "--announce", "--flaws", "none"], SMALL.as_slice()].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(hotel.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let announcement: Value = serde_json::from_str(&line).unwrap();
    let postgres_pid = announcement["postgres_pid"].as_u64().unwrap();
    let health = reqwest_get(&format!("{}/health", announcement["url"].as_str().unwrap()));
    assert!(health.contains("\"ok\""), "{health}");

    drop(hotel.stdin.take());
    assert!(hotel.wait().unwrap().success());
    wait_until("its Postgres is gone", || !std::path::Path::new(&format!("/proc/{postgres_pid}")).exists());
}

fn reqwest_get(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
}

#[test]
fn without_server_binaries_one_message_says_how_to_get_them() {
    let workplace = Workplace::new();
    let mut command = workplace.command(&["run", "baseline"]);
    command.env("AFORO_PG_BINDIR", workplace.path());
    let run = Finished::from(command.output().unwrap()).expect_code(4);
    let message = run.message();
    for word in ["apt-get install", "brew install", "--database-url"] {
        assert!(message.contains(word), "{word}: {message}");
    }
    assert_eq!(message.matches("apt-get install").count(), 1, "said once: {message}");
}

#[test]
fn an_unknown_flaw_is_answered_with_those_there_are() {
    let wrong = Workplace::new().aforo(&["hotel", "--flaws", "slowness"]).expect_code(2);
    assert!(
        wrong.stderr.contains("slowness") && wrong.stderr.contains("n-plus-one-list"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn the_servers_of_a_hotel_that_is_killed_are_gone_too() {
    let workplace = Workplace::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aforo"));
    command.args([&["hotel", "--announce"], SMALL.as_slice()].concat()).current_dir(workplace.path());
    let mut hotel = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(hotel.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let announcement: Value = serde_json::from_str(&line).unwrap();
    let servers = ["postgres_pid", "redis_pid"].map(|name| announcement[name].as_u64().unwrap());
    hotel.kill().unwrap();
    hotel.wait().unwrap();
    for pid in servers {
        wait_until("a server of a killed hotel is gone", || {
            !std::path::Path::new(&format!("/proc/{pid}")).exists()
        });
    }
}
