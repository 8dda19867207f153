//! The exit code is the gate.

use std::time::Duration;

use crate::aforo::Workplace;
use crate::target::{Answer, TestTarget};

/// A scenario of a second or two on a server of ours, judged by `objective`.
pub(crate) fn scenario(objective: &str, step_options: &str) -> String {
    format!(
        r#"
description = "Four users look at one page"

[load]
users = 4
rate = 100
duration = "2s"
timeout = "5s"

[[slo]]
expect = "{objective}"
criticality = "critical"

[[journey]]
name = "look"
weight = 1

[[journey.step]]
name = "view"
path = "/view"
expect = {{ status = 200, json = {{ "/ok" = true }} }}
think = "5ms"
{step_options}
"#
    )
}

#[test]
fn a_run_that_meets_its_slos_exits_with_0_and_keeps_a_record() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    let run = workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(0);
    assert!(run.stdout.starts_with("MET"), "{}", run.stdout);

    let record = workplace.record();
    assert_eq!(record["verdict"]["outcome"], "met");
    assert_eq!(record["end"]["how"], "completed");
    let requests = record["load"]["total"]["requests"].as_u64().unwrap();
    assert_eq!(
        requests,
        target.requests(),
        "every request that the target saw is in the record, and no other"
    );
    assert_eq!(
        record["load"]["timeline"]["total"]["requests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each.as_u64().unwrap())
            .sum::<u64>(),
        requests
    );
}

#[test]
fn an_slo_that_cannot_hold_exits_with_1_and_is_named() {
    let target = TestTarget::start(Answer { delay: Duration::from_millis(3), ..Answer::default() });
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 1ms", ""));
    let run = workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(1);
    assert!(run.stdout.starts_with("VIOLATED"), "{}", run.stdout);
    assert!(run.stdout.contains("p95 < 1 ms"), "{}", run.stdout);
    assert_eq!(workplace.record()["slos"][0]["verdict"]["outcome"], "violated");
}

#[test]
fn errors_are_counted_by_kind_and_judged() {
    let target = TestTarget::start(Answer { status: 503, ..Answer::default() });
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 1%", ""));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(1);
    let record = workplace.record();
    let total = &record["load"]["total"];
    assert_eq!(total["errors"]["server-status"], total["requests"]);
    assert_eq!(total["response_time"]["count"], 0, "what failed is not judged as fast");
}

#[test]
fn a_run_without_requests_exits_with_3() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 1%", "probability = 1e-300"));
    let run = workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(3);
    assert!(run.stdout.starts_with("INCONCLUSIVE"), "{}", run.stdout);
    assert_eq!(target.requests(), 0);
}

#[test]
fn a_quantile_over_too_few_requests_is_inconclusive() {
    let target = TestTarget::start(Answer { delay: Duration::from_millis(500), ..Answer::default() });
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 10s", ""));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(3);
    let record = workplace.record();
    let why = record["slos"][0]["verdict"]["why"].as_str().unwrap();
    assert!(why.contains("needs 100"), "{why}");
}

#[test]
fn a_red_flag_ends_the_run_before_its_time_and_keeps_what_was_seen() {
    let target = TestTarget::start(Answer { status: 503, ..Answer::default() });
    let workplace = Workplace::new();
    let text = scenario("error_rate < 1%", "").replace("\"2s\"", "\"30m\"");
    workplace.write("look.toml", &format!("{text}\n[[red_flag]]\nwhen = \"error_rate > 5%\"\n"));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(1);
    let record = workplace.record();
    assert_eq!(record["end"]["how"], "aborted");
    assert_eq!(record["load"]["total"]["requests"].as_u64(), Some(target.requests()));
}

#[test]
fn an_open_workload_accounts_for_every_start_that_was_due() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    let text = scenario("error_rate < 50%", "")
        .replace("users = 4\nrate = 100", "model = \"open\"\nrate = \"50/s\"\nmax_users = 100");
    workplace.write("look.toml", &text);
    let run = workplace.aforo(&["run", "./look.toml", "--target", &target.url()]);
    let record = workplace.record();
    let arrivals = &record["load"]["arrivals"];
    assert_eq!(arrivals["scheduled"], 100, "{}\n{}", run.stdout, run.stderr);
    let count = |name: &str| arrivals[name].as_u64().unwrap();
    assert_eq!(count("started") + count("dropped"), 100);
    assert_eq!(count("started"), target.requests(), "a round has one step");
}
