//! What goes wrong while a run goes on: the record is kept and says so.

use std::process::{Child, Command};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::aforo::{Finished, Workplace, wait_until};
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

/// A run that would take half an hour, going on.
fn start_long_run(workplace: &Workplace, target: &TestTarget) -> Child {
    workplace.write("look.toml", &scenario("error_rate < 50%", "").replace("\"2s\"", "\"30m\""));
    let run = workplace.start(&["run", "./look.toml", "--target", &target.url()]);
    wait_until("the run has saved a second", || {
        let seconds = workplace.path().join("runs");
        let saved = std::fs::read_dir(seconds).into_iter().flatten().flatten();
        saved.into_iter().any(|folder| {
            let file = folder.path().join("evidence/seconds.ndjson");
            std::fs::read_to_string(file).is_ok_and(|text| text.lines().count() >= 2)
        })
    });
    run
}

fn send(signal: Signal, process: &Child) {
    kill(Pid::from_raw(process.id() as i32), signal).unwrap();
}

fn finished(process: Child) -> Finished {
    process.wait_with_output().unwrap().into()
}

#[test]
fn ctrl_c_drains_and_keeps_what_was_seen_marked_as_cut_short() {
    let target = TestTarget::start(Answer { delay: Duration::from_millis(20), ..Answer::default() });
    let workplace = Workplace::new();
    let run = start_long_run(&workplace, &target);
    send(Signal::SIGINT, &run);
    let run = finished(run).expect_code(3);
    assert!(run.stdout.contains("INCONCLUSIVE"), "{}", run.stdout);
    let record = workplace.record();
    assert_eq!(record["end"]["how"], "interrupted");
    assert_eq!(
        record["load"]["total"]["requests"].as_u64(),
        Some(target.requests()),
        "requests in flight were let finish"
    );
    assert_eq!(record["load"]["aborted_requests"], 0);
}

#[test]
fn a_target_that_dies_is_named_with_the_second_and_exits_with_4() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    let run = start_long_run(&workplace, &target);
    target.die();
    let run = finished(run).expect_code(4);
    let record = workplace.record();
    assert_eq!(record["end"]["how"], "target-died", "{}", run.stderr);
    let died_at_s = record["end"]["at_s"].as_f64().unwrap();
    assert!((1.0..=record["elapsed_s"].as_f64().unwrap()).contains(&died_at_s), "{died_at_s}");
    assert!(run.stdout.contains("stopped answering"), "{}", run.stdout);
}

#[test]
fn a_run_that_was_killed_is_restored_from_what_it_had_saved() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    let run = start_long_run(&workplace, &target);
    let going_on = workplace.aforo(&["report"]).expect_code(4);
    assert!(going_on.message().contains("still going on"), "{}", going_on.message());

    send(Signal::SIGKILL, &run);
    finished(run);
    assert_eq!(workplace.record()["end"]["how"], "running");
    let report = workplace.aforo(&["report", "latest"]).expect_code(0);
    assert!(report.stdout.contains("INCONCLUSIVE"), "{}", report.stdout);
    let record = workplace.record();
    assert_eq!(record["end"]["how"], "killed");
    let total = &record["load"]["total"];
    assert!(total["requests"].as_u64().unwrap() > 0);
    assert_eq!(total["response_time"]["count"], total["requests"], "the histograms were restored too");
    assert!(workplace.run_folder().join("summary.md").is_file());
}

#[test]
fn a_second_run_at_the_same_time_is_refused_unless_asked_for() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    let first = start_long_run(&workplace, &target);
    workplace.write("short.toml", &scenario("error_rate < 50%", ""));
    let second = workplace.aforo(&["run", "./short.toml", "--target", &target.url()]).expect_code(4);
    assert!(second.message().contains("--concurrent"), "{}", second.message());
    workplace.aforo(&["run", "./short.toml", "--target", &target.url(), "--concurrent"]).expect_code(0);
    send(Signal::SIGINT, &first);
    finished(first).expect_code(3);
}

#[test]
fn a_disk_that_is_full_ends_the_run_with_the_file_and_the_reason() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", "").replace("\"2s\"", "\"30m\""));
    // A limit on the size of files stands in for a full disk: writing fails in the same way.
    let mut limited = Command::new("sh");
    limited.current_dir(workplace.path()).env("NO_COLOR", "1").args([
        "-c",
        "trap '' XFSZ; ulimit -f 8; exec \"$0\" run ./look.toml --target \"$1\"",
        env!("CARGO_BIN_EXE_aforo"),
        &target.url(),
    ]);
    let run = Finished::from(limited.output().unwrap()).expect_code(4);
    let message = run.message();
    assert!(message.contains("cannot write") && message.contains("room"), "{message}");
    assert!(run.stdout.contains(" requests, "), "what was seen is still shown:\n{}", run.stdout);
}
