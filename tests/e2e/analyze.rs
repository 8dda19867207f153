//! `aforo analyze` on databases as they are found: read-only roles, no extension, no server; and on saved runs.

use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::aforo::{Finished, Workplace, read_json, wait_until};
use crate::database::Database;
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

const PASSWORD: &str = "swordfish-4711";

/// A table with rows, and a role that may read it. Nothing that runs by itself writes to it.
const SHOP: [&str; 8] = [
    "ALTER SYSTEM SET autovacuum = off",
    "SELECT pg_reload_conf()",
    "CREATE EXTENSION pg_stat_statements",
    "CREATE TABLE guests (id int PRIMARY KEY, phone text NOT NULL)",
    "INSERT INTO guests SELECT n, '+34' || n FROM generate_series(1, 20000) AS n",
    "ANALYZE guests",
    "CREATE ROLE reader LOGIN",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
];

fn report_of(analysis: &Finished) -> Value {
    serde_json::from_str(&analysis.stdout).unwrap_or_else(|error| panic!("{error}: {}", analysis.stdout))
}

/// What a part that was skipped is told to need.
fn remedy<'a>(report: &'a Value, what: &str) -> &'a str {
    let parts = report["skipped"].as_array().unwrap();
    let part = parts.iter().find(|part| part["what"] == what);
    part.unwrap_or_else(|| panic!("{what} is not among {parts:#?}"))["remedy"].as_str().unwrap()
}

/// A score is only given where enough was judged, and what was skipped is always said.
fn expect_honest_score(report: &Value) {
    let health = &report["checklist"]["health"];
    let skipped = health["skipped_weight_ratio"].as_f64().unwrap();
    assert!(skipped > 0.0, "{health:#}");
    let has_score = health["score"].get("found").is_some();
    assert_eq!(has_score, skipped <= health["skipped_weight_limit"].as_f64().unwrap(), "{health:#}");
}

#[test]
fn a_role_that_can_only_read_is_told_each_grant_and_nothing_is_written() {
    let database = Database::start();
    database.run(&SHOP);
    let written = database.rows_written();
    assert!(written.0 >= 20_000, "the counters count: {written:?}");
    let url = database.url_of(&format!("reader:{PASSWORD}"));
    let workplace = Workplace::new();
    let mut said = String::new();
    for format in ["json", "terminal", "markdown"] {
        let arguments = ["analyze", "--database-url", &url, "--format", format, "--out", "report"];
        let analysis = workplace.aforo(&arguments).expect_code(0);
        if format == "json" {
            let report = report_of(&analysis);
            assert_eq!(remedy(&report, "statements"), "GRANT pg_monitor TO reader");
            assert_eq!(remedy(&report, "sessions"), "GRANT pg_monitor TO reader");
            assert_eq!(report["server"]["role"], "reader");
            assert_eq!(report["read"]["tables"], 1, "{}", report["read"]);
            expect_honest_score(&report);
        }
        assert!(analysis.stdout.contains("GRANT pg_monitor TO reader"), "{}", analysis.stdout);
        said += &(analysis.stdout + &analysis.stderr);
    }
    assert_eq!(database.rows_written(), written);

    let saved = workplace.path().join("report");
    assert_eq!(read_json(&saved.join("database.json"))["server"]["role"], "reader");
    for name in ["database.json", "database.md"] {
        said += &std::fs::read_to_string(saved.join(name)).unwrap();
    }
    assert!(!said.contains(PASSWORD), "the password is in what was said");
}

#[test]
fn without_the_extension_statements_are_skipped_and_the_rest_is_read() {
    let database = Database::start();
    let arguments = ["analyze", "--database-url", &database.url(), "--format", "json"];
    let report = report_of(&Workplace::new().aforo(&arguments).expect_code(0));
    assert_eq!(remedy(&report, "statements"), "CREATE EXTENSION pg_stat_statements");
    assert_eq!(report["hot"].as_array().unwrap().len(), 0);
    assert!(report["read"]["settings"].as_u64().unwrap() > 100, "{}", report["read"]);
    expect_honest_score(&report);
    let checks = report["checklist"]["checks"].as_array().unwrap();
    let reads_them = |check: &&Value| check["reads"].as_str().unwrap() == "pg_stat_statements";
    for check in checks.iter().filter(reads_them) {
        let results = check["results"].as_array().unwrap();
        assert!(results.iter().all(|result| result["outcome"]["outcome"] == "skipped"), "{check:#}");
    }
}

#[test]
fn a_server_that_is_not_there_and_a_role_that_is_not_exit_with_4_and_say_what_to_do() {
    let database = Database::start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("postgres://reader:{PASSWORD}@127.0.0.1:{port}/shop");
    let stranger = database.url_of(&format!("stranger:{PASSWORD}"));
    let other_database = format!("{}-archive", database.url());
    for (url, why, next) in [
        (&nobody, "refused", "check that Postgres runs"),
        (&stranger, "role \"stranger\" does not exist", "check user, password"),
        (&other_database, "database \"aforo-archive\" does not exist", "check the database's name"),
    ] {
        let analysis = Workplace::new().aforo(&["analyze", "--database-url", url]).expect_code(4);
        let message = analysis.message();
        for words in ["no connection to Postgres at 127.0.0.1:", why, next] {
            assert!(message.contains(words), "{words}: {message}");
        }
        assert!(!message.contains(PASSWORD), "{message}");
        assert_eq!(analysis.stdout, "");
    }
}

#[test]
fn a_url_that_is_none_is_told_without_its_password() {
    for url in [
        format!("postgres//reader:{PASSWORD}@127.0.0.1/shop"),
        format!("postgres://reader:{PASSWORD}@127.0.0.1:port/shop"),
        format!("mysql://reader:{PASSWORD}@127.0.0.1/shop"),
        format!("reader:{PASSWORD}@127.0.0.1"),
    ] {
        let analysis = Workplace::new().aforo(&["analyze", "--database-url", &url]).expect_code(2);
        let message = analysis.message();
        assert!(message.contains("this is no URL of a Postgres database"), "{message}");
        // Long lines are wrapped, also within an address.
        assert!(message.contains("use a URL like postgres://"), "{message}");
        assert!(!message.contains(PASSWORD), "{message}");
    }
}

#[test]
fn the_database_of_a_saved_run_is_shown_again() {
    let workplace = Workplace::new();
    let run = workplace.aforo(&[
        "run",
        "baseline",
        "--users=4",
        "--duration=6s",
        "--accommodations=20",
        "--reservations=2000",
        "--flaws=none",
    ]);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{:?}: {}", run.code, run.stderr);
    let shown = workplace.aforo(&["analyze", "--run", "latest", "--format", "json"]).expect_code(0);
    let report = report_of(&shown);
    assert_eq!(report, workplace.record()["database"]);
    assert!(!report["hot"].as_array().unwrap().is_empty());
    assert!(report["read"]["probe_requests"].as_u64().is_some());
    let shown = workplace.aforo(&["analyze", "--run", "latest"]).expect_code(0);
    assert!(shown.stdout.contains("reservations"), "{}", shown.stdout);
}

#[test]
fn of_a_run_without_a_database_it_says_so() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(0);
    let message = workplace.aforo(&["analyze", "--run", "latest"]).expect_code(2).message();
    assert!(message.contains("has no database report") && message.contains("--database-url"), "{message}");
}

#[test]
fn ctrl_c_while_endpoints_are_asked_ends_at_once_and_leaves_nothing_running() {
    let workplace = Workplace::new();
    let errors = workplace.path().join("errors.txt");
    let mut command = workplace.command(&["analyze", "--accommodations=20", "--reservations=2000"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::fs::File::create(&errors).unwrap());
    let analysis = command.spawn().unwrap();
    wait_until("endpoints are asked", || {
        std::fs::read_to_string(&errors).unwrap().contains("asking endpoints alone")
    });
    let started = descendants(analysis.id());
    assert!(started.len() >= 3, "the hotel, its Postgres and its Redis: {started:?}");
    let interrupted = interrupt(analysis);
    assert_eq!(interrupted.code, Some(130), "{}", std::fs::read_to_string(&errors).unwrap());
    assert_eq!(interrupted.stdout, "");
    let said = std::fs::read_to_string(&errors).unwrap();
    assert!(said.contains("stopped before"), "{said}");
    assert!(!said.contains("mix"), "the probe did not go on: {said}");
    for pid in started {
        wait_until("nothing of it is left", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}

fn interrupt(process: Child) -> Finished {
    kill(Pid::from_raw(process.id() as i32), Signal::SIGINT).unwrap();
    process.wait_with_output().unwrap().into()
}

/// Every process that `pid` started, and those that these started.
fn descendants(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = lists
        .flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<u32>>())
        .collect();
    let below: Vec<u32> = children.iter().flat_map(|child| descendants(*child)).collect();
    children.into_iter().chain(below).collect()
}
