//! What a run leaves alone: the terminal, and the proxies that the environment names.
//!
//! Both belong to the process, so a run is played in a process of its own: this test binary, once more.

use std::process::Command;

use axum::Router;
use axum::routing::get;

use super::{one_step, play, serve, total};

const PLAYED: &str = "scenario::engine::tests::silence::a_run_in_a_process_of_its_own";

#[tokio::test]
#[ignore = "played by the tests beside it, in a process of its own"]
async fn a_run_in_a_process_of_its_own() {
    let target = serve(Router::new().route("/", get(|| async { "x" }))).await;
    let scenario = one_step("users = 3\nrate = 10\nduration = \"1s\"", "path = \"/\"\nthink = \"20ms\"");
    let (seconds, end) = play(&scenario, &target).await;
    let step = total(&seconds, "s");
    assert!(step.requests > 0 && end.users_started == 3);
    assert_eq!(step.error_count(), 0, "{:?}", step.error_messages);
}

fn played() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", PLAYED, "--ignored", "--nocapture", "--color=never"]);
    command
}

#[test]
fn a_run_writes_nothing_to_the_terminal() {
    let output = played().output().unwrap();
    assert!(output.status.success());
    let written = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<&str> = written.lines().filter(|line| !line.is_empty()).collect();
    let result = lines.pop().unwrap();
    assert!(result.starts_with("test result: ok. 1 passed"), "{result}");
    assert_eq!(
        lines,
        ["running 1 test", &format!("test {PLAYED} ... ok")],
        "apart from the test's own lines"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    // Nothing listens there: a request that went through it would fail.
    let nobody = "http://127.0.0.1:9";
    let mut command = played();
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, nobody);
    }
    let output = command.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
