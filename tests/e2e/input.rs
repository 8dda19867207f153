//! What a user gets wrong is told with its place and what would be right.

use crate::aforo::Workplace;
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

/// A URL where nothing listens.
fn closed_url() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn an_unknown_scenario_is_answered_with_those_there_are() {
    let workplace = Workplace::new();
    let run = workplace.aforo(&["run", "baselin", "--target", &closed_url()]).expect_code(2);
    let message = run.message();
    for word in ["`baselin`", "baseline", "peak", "stress", "spike", "endurance"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn broken_toml_is_told_with_file_line_and_word() {
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 1s", "").replace("users = 4", "userz = 4"));
    let message =
        workplace.aforo(&["run", "./look.toml", "--target", &closed_url()]).expect_code(2).message();
    for word in ["look.toml:5", "userz", "users", "duration"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn an_slo_on_a_step_that_does_not_exist_names_the_steps_there_are() {
    let workplace = Workplace::new();
    let text = scenario("p95 < 1s", "").replace("[[slo]]", "[[slo]]\nstep = \"checkout\"");
    workplace.write("look.toml", &text);
    let message =
        workplace.aforo(&["run", "./look.toml", "--target", &closed_url()]).expect_code(2).message();
    assert!(message.contains("checkout") && message.contains("view"), "{message}");
}

#[test]
fn an_unreachable_target_exits_with_4_and_leaves_no_run() {
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 1s", ""));
    let url = closed_url();
    let message = workplace.aforo(&["run", "./look.toml", "--target", &url]).expect_code(4).message();
    assert!(message.contains("does not answer") && message.contains("aforo check"), "{message}");
    let saved = workplace.aforo(&["list"]).expect_code(0);
    assert!(saved.stdout.contains("No runs"), "{}", saved.stdout);
}

#[test]
fn a_public_host_is_not_loaded_unless_it_is_named() {
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("p95 < 1s", ""));
    // 192.0.2.0/24 is reserved for documentation (RFC 5737): nobody is there.
    let run = workplace.aforo(&["run", "./look.toml", "--target", "http://192.0.2.1"]).expect_code(2);
    let message = run.message();
    assert!(message.contains("--allow-host 192.0.2.1") && message.contains("attack"), "{message}");
}

#[test]
fn a_configuration_file_is_read_and_a_wrong_word_in_it_told() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("mine/look.toml", &scenario("error_rate < 50%", ""));
    let configuration =
        format!("[target]\nname = \"shop\"\nurl = \"{}\"\n[scenarios]\ndirectory = \"mine\"\n", target.url());
    workplace.write("aforo.toml", &configuration);
    workplace.aforo(&["run", "look"]).expect_code(0);
    assert_eq!(workplace.record()["target"]["name"], "shop");

    workplace.write("aforo.toml", &configuration.replace("url =", "urll ="));
    let message = workplace.aforo(&["run", "look"]).expect_code(2).message();
    assert!(message.contains("aforo.toml:3") && message.contains("urll"), "{message}");
}

#[test]
fn a_flag_goes_before_the_environment_and_the_environment_before_the_file() {
    let (by_flag, by_environment) =
        (TestTarget::start(Answer::default()), TestTarget::start(Answer::default()));
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    workplace.write("aforo.toml", &format!("[target]\nurl = \"{}\"\n", closed_url()));
    let in_environment = |arguments: &[&str]| {
        let mut command = workplace.command(arguments);
        command.env("AFORO_TARGET", by_environment.url());
        crate::aforo::Finished::from(command.output().unwrap()).expect_code(0);
    };
    in_environment(&["run", "./look.toml"]);
    assert!(by_environment.requests() > 0);
    let before = by_environment.requests();
    in_environment(&["run", "./look.toml", "--target", &by_flag.url()]);
    assert!(by_flag.requests() > 0);
    assert_eq!(by_environment.requests(), before);
}

#[test]
fn an_override_that_makes_no_load_is_refused_with_the_reason() {
    let workplace = Workplace::new();
    let target = closed_url();
    let run = |arguments: &[&str]| {
        let arguments = [&["run", "baseline", "--target", &target], arguments].concat();
        workplace.aforo(&arguments).expect_code(2).message()
    };
    assert!(run(&["--users", "0"]).contains("at least 1"));
    assert!(run(&["--duration", "1s"]).contains("raise the rate"));
    assert!(run(&["--duration", "soon"]).contains("soon"));
}
