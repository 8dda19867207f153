//! Whether runs differ, and the gate on it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use aforo_model::{LoadSecond, StepSecond};
use aforo_reports::IntervalLogWriter;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::aforo::{Finished, Workplace, read_json, wait_until};
use crate::target::{Answer, TestTarget};

/// Seconds of a run that is made: enough for ten blocks of several seconds.
const MADE_S: u32 = 120;
/// How long viewing takes in a run that is made, and booking where it is not slow.
const QUICK_US: u64 = 2_000;

/// Two steps, of which one can be made slow.
fn scenario(users: u32) -> String {
    format!(
        r#"
description = "Users look at a page and book"

[load]
users = {users}
rate = 100
duration = "3s"
timeout = "5s"

[[slo]]
expect = "error_rate < 50%"
criticality = "critical"

[[journey]]
name = "stay"
weight = 1

[[journey.step]]
name = "view"
path = "/view"
think = "5ms"

[[journey.step]]
name = "book"
path = "/book"
think = "5ms"
"#
    )
}

/// A target that is quick, and one whose bookings take many times as long.
fn quick() -> TestTarget {
    TestTarget::start(Answer { delay: Duration::from_millis(1), ..Answer::default() })
}

fn slow_to_book(delay_ms: u64) -> TestTarget {
    TestTarget::start(Answer {
        delay: Duration::from_millis(delay_ms),
        delayed_path: "/book",
        ..Answer::default()
    })
}

/// A run of the scenario; gives its folder.
fn run(workplace: &Workplace, target: &TestTarget) -> PathBuf {
    workplace.write("stay.toml", &scenario(4));
    workplace.aforo(&["run", "./stay.toml", "--target", &target.url()]).expect_code(0);
    folders(workplace).pop().unwrap()
}

/// Folders of runs, oldest first by when they were made.
fn folders(workplace: &Workplace) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(workplace.path().join("runs")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join("run.json").is_file()).collect();
    folders.sort_by_key(|folder| std::fs::metadata(folder.join("latency.hlog")).unwrap().modified().unwrap());
    folders
}

fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("run.json");
    let mut record = read_json(&path);
    change(&mut record);
    std::fs::write(path, record.to_string()).unwrap();
}

/// Requests of each step in each second of a run that is made.
const REQUESTS_PER_SECOND: u64 = 50;

/// Gives a run seconds that are made, of a machine that is not busy. The record stays what the
/// binary wrote. A machine that pauses for a tenth of a second makes any step of a run of seconds slow, and what is asked
/// here is what a comparison says of given times.
fn make_seconds(folder: &Path, duration_s: u32, book_us: u64) {
    let steps = [("view", QUICK_US), ("book", book_us)];
    let started_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let log = File::create(folder.join("latency.hlog")).unwrap();
    let mut log = IntervalLogWriter::new(log, started_at).unwrap();
    let mut lines = String::new();
    for second in 0..duration_s {
        let steps = steps.map(|(name, usual_us)| (name.to_owned(), made_second(second, usual_us)));
        let second = LoadSecond { second, users: 4, steps: steps.into(), ..LoadSecond::default() };
        log.write_second(&second).unwrap();
        lines += &(serde_json::to_string(&second).unwrap() + "\n");
    }
    std::fs::write(folder.join("evidence/seconds.ndjson"), lines).unwrap();
    edit(folder, |record| {
        record["scenario"]["load"]["duration_s"] = duration_s.into();
        record["findings"] = json!([]);
        record["resources"] = json!([]);
        for (name, usual_us) in steps {
            let of_record = record["load"]["steps"].as_array_mut().unwrap();
            let step = of_record.iter_mut().find(|step| step["name"] == name).unwrap();
            let requests = REQUESTS_PER_SECOND * u64::from(duration_s);
            step["requests"] = requests.into();
            step["response_time"]["count"] = requests.into();
            step["response_time"]["p95_us"] = usual_us.into();
        }
    });
}

/// Times that spread by half around the usual one, and from second to second by a tenth.
fn made_second(second: u32, usual_us: u64) -> StepSecond {
    let mut made = StepSecond {
        requests: REQUESTS_PER_SECOND,
        statuses: [(200, REQUESTS_PER_SECOND)].into(),
        ..StepSecond::default()
    };
    let of_second = usual_us * (95 + u64::from(second) * 7 % 11) / 100;
    for request in 0..REQUESTS_PER_SECOND {
        let time_us = of_second * (50 + request * 37 % 101) / 100;
        made.busy_time_us += time_us;
        made.response_time.record_us(time_us);
    }
    made
}

/// Two runs of one load, in the later of which booking takes a hundred times as long.
fn before_and_after(workplace: &Workplace) -> [PathBuf; 2] {
    let target = quick();
    [QUICK_US, 100 * QUICK_US].map(|book_us| {
        let folder = run(workplace, &target);
        make_seconds(&folder, MADE_S, book_us);
        folder
    })
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

fn figure<'a>(comparison: &'a Value, step: &str, figure: &str) -> &'a Value {
    let is_meant = |each: &&Value| each["subject"]["name"] == step && each["figure"] == figure;
    comparison["figures"].as_array().unwrap().iter().find(is_meant).unwrap()
}

fn valid(comparison: &Value) {
    let schema =
        read_json(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/comparison.schema.json").as_ref());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(comparison).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_run_against_its_like_is_no_regression_and_against_itself_is_refused() {
    let workplace = Workplace::new();
    let folder = run(&workplace, &quick());
    for is_made in [false, true] {
        if is_made {
            make_seconds(&folder, MADE_S, QUICK_US);
        }
        let like = repeated(&workplace, &folder).remove(0);
        let compared = workplace.aforo(&["compare", &like, name(&folder)]);
        assert!(matches!(compared.code, Some(0 | 3)), "{}\n{}", compared.stdout, compared.stderr);
        let word = if compared.code == Some(0) { "EQUIVALENT" } else { "INCONCLUSIVE" };
        assert!(compared.stdout.starts_with(word), "{}", compared.stdout);
    }
    for names in [["latest", "latest"], [name(&folder), "latest"]] {
        let message = workplace.aforo(&["compare", names[0], names[1]]).expect_code(2).message();
        assert!(message.contains("compared with itself") && message.contains(name(&folder)), "{message}");
    }
}

#[test]
fn a_step_that_became_slow_is_a_regression_named_by_that_step_and_the_other_way_round_an_improvement() {
    let workplace = Workplace::new();
    let [before, after] = before_and_after(&workplace);
    let [before, after] = [name(&before), name(&after)];

    let compared = workplace.aforo(&["compare", before, after, "--output", "out"]).expect_code(1);
    assert!(compared.stdout.starts_with("REGRESSION: P95 of book is "), "{}", compared.stdout);
    let printed = workplace.aforo(&["compare", before, after, "--json"]).expect_code(1);
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    valid(&printed);
    assert_eq!(figure(&printed, "book", "p95")["change"]["kind"], "regression");
    assert_eq!(read_json(&workplace.path().join("out/comparison.json")), printed);
    let markdown = workplace.aforo(&["compare", before, after, "--format", "markdown"]).expect_code(1);
    let written = std::fs::read_to_string(workplace.path().join("out/comparison.md")).unwrap();
    assert_eq!(markdown.stdout, written);

    let junit = ["compare", before, after, "--junit", "ci/compared.xml"];
    workplace.aforo(&junit).expect_code(1);
    let xml = std::fs::read_to_string(workplace.path().join("ci/compared.xml")).unwrap();
    assert_eq!(xml.matches("<testcase ").count(), 3, "{xml}");
    assert!(xml.contains("no regression: book") && xml.contains("<failure "), "{xml}");

    let back = workplace.aforo(&["compare", after, before, "--json"]);
    let said: Value = serde_json::from_str(&back.stdout).unwrap();
    assert_eq!(figure(&said, "book", "p95")["change"]["kind"], "improvement");
    assert_eq!(figure(&said, "view", "p95")["effect"]["found"]["estimate"], 1.0);
    back.expect_code(0);
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let workplace = Workplace::new();
    let target = quick();
    let first = run(&workplace, &target);
    workplace.aforo(&["baseline", "set", "main", "latest"]).expect_code(0);
    workplace.write("more.toml", &scenario(5));
    workplace.aforo(&["run", "./more.toml", "--target", &target.url()]).expect_code(0);
    let requests = target.requests();

    let message = workplace.aforo(&["compare", "main"]).expect_code(2).message();
    assert!(message.contains("users at full load: 4 before, 5 after"), "{message}");
    // Before the load, which would be for nothing.
    let gate = ["run", "./more.toml", "--target", &target.url(), "--baseline", "main"];
    let message = workplace.aforo(&gate).expect_code(2).message();
    assert!(message.contains("users at full load"), "{message}");
    assert_eq!((target.requests(), folders(&workplace).len()), (requests, 2));

    let message = workplace.aforo(&["compare", "mian"]).expect_code(2).message();
    assert!(message.contains("`mian`") && message.contains("aforo baseline list"), "{message}");
    let twice = format!("{},{}", name(&first), name(&first));
    let message = workplace.aforo(&["compare", &twice, "latest"]).expect_code(2).message();
    assert!(message.contains("twice"), "{message}");
    let message = workplace.aforo(&["compare", "main", "--tolerance", "5"]).expect_code(2).message();
    assert!(message.contains("write it as 5%"), "{message}");
    let message = workplace.aforo(&["compare", "main", "--users", "5"]).expect_code(2).message();
    assert!(message.contains("add --scenario"), "{message}");
    let message = workplace.aforo(&["compare", "--scenario", "baseline"]).expect_code(2).message();
    assert!(message.contains("--before-flaws"), "{message}");

    edit(&first, |record| record["format_version"] = 99.into());
    let message = workplace.aforo(&["compare", "main"]).expect_code(2).message();
    assert!(message.contains("format 99") && message.contains("newer Aforo"), "{message}");
}

#[test]
fn a_database_that_the_environment_names_for_one_side_asks_for_no_target_and_belongs_to_the_one_there_is() {
    let workplace = Workplace::new();
    let with_variables = |arguments: &[&str]| {
        let mut command = workplace.command(arguments);
        let [postgres, redis] = ["postgres://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1"];
        command.env("AFORO_BEFORE_DATABASE_URL", postgres).env("AFORO_AFTER_REDIS_URL", redis);
        Finished::from(command.output().unwrap())
    };
    let message = with_variables(&["compare", "previous", "latest"]).expect_code(2).message();
    assert!(message.contains("no run") && !message.contains("required"), "{message}");
    let target = quick();
    workplace.write("stay.toml", &scenario(1));
    let sides = ["--before-target", &target.url(), "--after-target", &target.url()];
    let arguments =
        [&["compare", "--scenario", "./stay.toml", "--runs", "1", "--duration", "1s"], &sides[..]];
    let compared = with_variables(&arguments.concat());
    let first = folders(&workplace).into_iter().next().unwrap();
    let record = read_json(&first.join("run.json"));
    assert!(record.to_string().contains("127.0.0.1:1/none"), "{}\n{record:#}", compared.stderr);
}

#[test]
fn a_run_that_was_cut_short_is_compared_and_never_judged() {
    let workplace = Workplace::new();
    let [before, after] = before_and_after(&workplace);
    edit(&after, |record| record["end"] = json!({"how": "interrupted", "at_s": 50.0}));
    let compared = workplace.aforo(&["compare", name(&before), name(&after)]).expect_code(3);
    assert!(
        compared.stdout.starts_with("INCONCLUSIVE") && compared.stdout.contains("cut short"),
        "{}",
        compared.stdout
    );
}

/// Copies a run under other ids, as five repetitions that agree and were quick, however busy the machine of the test was.
fn repeated(workplace: &Workplace, folder: &Path) -> Vec<String> {
    let copy = |at: usize| {
        let id = format!("2026010{at}T000000Z-stay-0000000{at}");
        let copied = workplace.path().join("runs").join(&id);
        std::fs::create_dir_all(copied.join("evidence")).unwrap();
        for file in ["run.json", "latency.hlog", "evidence/seconds.ndjson", "evidence/resources.ndjson"] {
            std::fs::copy(folder.join(file), copied.join(file)).unwrap();
        }
        edit(&copied, |record| {
            record["id"] = id.clone().into();
            record["findings"] = json!([]);
            for step in record["load"]["steps"].as_array_mut().unwrap() {
                step["response_time"]["p95_us"] = 2000.into();
            }
        });
        id
    };
    (1..=5).map(copy).collect()
}

#[test]
fn the_gate_holds_a_run_against_its_baseline_and_keeps_the_comparison_with_it() {
    let workplace = Workplace::new();
    let first = run(&workplace, &quick());
    make_seconds(&first, 3, QUICK_US);
    let ids = repeated(&workplace, &first);
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    workplace.aforo(&[&["baseline", "set", "main"], names.as_slice()].concat()).expect_code(0);

    let target = slow_to_book(40);
    let gate = ["run", "./stay.toml", "--target", &target.url(), "--baseline", "main"];
    let gated = workplace.aforo(&gate);
    let folder = folders(&workplace).pop().unwrap();
    let comparison = read_json(&folder.join("comparison.json"));
    valid(&comparison);
    assert_eq!(comparison["before"].as_array().unwrap().len(), 5);
    assert!(figure(&comparison, "book", "p95")["effect"]["found"]["low"].as_f64().unwrap() > 2.0);
    assert_eq!(read_json(&folder.join("run.json"))["comparison"], comparison);
    // On a machine that other programs keep busy nothing is called, and that does not fail the run.
    let (code, word) = match comparison["change"]["kind"].as_str().unwrap() {
        "regression" => (1, "REGRESSION"),
        _ => (0, "cannot be relied on"),
    };
    let gated = gated.expect_code(code);
    let xml = std::fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(xml.contains("no regression against the baseline: book"), "{xml}");
    let summary = std::fs::read_to_string(folder.join("summary.md")).unwrap();
    for text in [&gated.stdout, &summary] {
        assert!(text.contains("Against the baseline of 5 runs") && text.contains(word), "{text}");
    }
    let again = workplace.aforo(&["report", "latest"]).expect_code(0);
    assert!(again.stdout.contains("Against the baseline of 5 runs"), "{}", again.stdout);
}

/// Two targets, loaded in turns.
fn start_in_turns(workplace: &Workplace, before: &TestTarget, after: &TestTarget, runs: &str) -> Child {
    workplace.write("stay.toml", &scenario(4));
    let sides = ["--before-target", &before.url(), "--after-target", &after.url()];
    let arguments =
        [&["compare", "--scenario", "./stay.toml", "--runs", runs, "--json"], &sides[..]].concat();
    workplace.start(&arguments)
}

fn ends(child: Child) -> Finished {
    child.wait_with_output().unwrap().into()
}

#[test]
fn two_targets_are_loaded_in_turns_and_their_runs_kept() {
    let workplace = Workplace::new();
    let (before, after) = (quick(), slow_to_book(40));
    let compared = ends(start_in_turns(&workplace, &before, &after, "2"));
    let targets: Vec<Value> = folders(&workplace)
        .iter()
        .map(|folder| read_json(&folder.join("run.json"))["target"]["url"].clone())
        .collect();
    let [before, after] = [before, after].map(|target| Value::from(target.url() + "/"));
    assert_eq!(targets, [before.clone(), after.clone(), after, before], "{}", compared.stderr);
    for word in ["Run 1 of 4 (before), about ", "Run 3 of 4 (after)", "Compare these runs again with"] {
        assert!(compared.stderr.contains(word), "{word}: {}", compared.stderr);
    }
    let comparison: Value = serde_json::from_str(&compared.stdout).unwrap();
    valid(&comparison);
    assert_eq!(comparison["method"]["kind"], "between-runs");
    let code = match comparison["change"]["kind"].as_str().unwrap() {
        "regression" => 1,
        _ => 3,
    };
    compared.expect_code(code);
}

#[test]
fn ctrl_c_compares_the_runs_there_are_and_says_so() {
    let workplace = Workplace::new();
    let (before, after) = (quick(), slow_to_book(40));
    let child = start_in_turns(&workplace, &before, &after, "5");
    wait_until("the third run goes on", || folders_begun(&workplace) == 3);
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let compared = ends(child);
    assert!(compared.stderr.contains("Stopped: 1 runs before and 1 after"), "{}", compared.stderr);
    let comparison: Value = serde_json::from_str(&compared.stdout).unwrap();
    assert_eq!(comparison["method"]["kind"], "within-runs");
    compared.expect_code(3);
}

fn folders_begun(workplace: &Workplace) -> usize {
    let entries = std::fs::read_dir(workplace.path().join("runs")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.path().join("evidence/seconds.ndjson").is_file()).count()
}
