//! `aforo profile` on the built-in hotel: what is slow is named, with each profiler, and no more once it is mended.

use std::path::PathBuf;

use serde_json::Value;

use crate::aforo::{Finished, Workplace, read_json};

fn profiled(workplace: &Workplace, step: &str, options: &[&str]) -> Value {
    let arguments = ["profile", step, "--requests=100", "--reservations=500", "--format=json"];
    let finished = workplace.aforo(&[&arguments, options].concat());
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

fn findings<'a>(report: &'a Value, code: &str) -> Vec<&'a str> {
    let all = report["findings"].as_array().into_iter().flatten();
    all.filter(|finding| finding["code"] == code).filter_map(|finding| finding["message"].as_str()).collect()
}

/// The folders in which profiles were saved, oldest first.
fn folders(workplace: &Workplace) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(workplace.path().join("runs")).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn patterns_compiled_for_every_message_are_named_and_gone_once_they_are_not() {
    let workplace = Workplace::new();
    let slow = profiled(&workplace, "webhook_text", &["--flaws=regex-per-call", "--profiler=pprof-http"]);
    let named = findings(&slow, "hot-path");
    assert!(
        named.iter().any(|message| message.contains("nlu/patterns.rs") && message.contains("Regex")),
        "{slow:#}"
    );
    let path = slow["profile"]["found"]["hottest_path"]["found"]["sentence"].as_str().unwrap();
    assert!(path.contains("of the CPU time goes through"), "{path}");

    let folder = folders(&workplace).remove(0);
    let files = &slow["profile"]["found"]["files"];
    for kind in ["pprof", "folded", "flame_graph"] {
        let file = folder.join(files[kind].as_str().unwrap());
        assert!(std::fs::metadata(&file).unwrap().len() > 500, "{}", file.display());
    }
    assert_eq!(read_json(&folder.join("profile.json")), slow);

    let tuned =
        profiled(&workplace, "webhook_text", &["--flaws=none", "--diff=latest", "--profiler=pprof-http"]);
    let named = findings(&tuned, "hot-path");
    assert!(named.iter().all(|message| !message.contains("nlu/patterns.rs")), "{named:#?}");
    let diff = &tuned["diff"]["found"];
    let [before, after] = ["before_cpu_ms", "after_cpu_ms"].map(|name| diff[name].as_f64().unwrap());
    assert!(after < before / 2.0, "{diff:#}");
    let fell = diff["functions"].as_array().unwrap().iter().any(|function| {
        function["is_significant"] == true && function["change_ms"]["high"].as_f64().unwrap() < 0.0
    });
    assert!(fell, "{diff:#}");
    let graph = folders(&workplace).remove(1).join(diff["flame_graph"].as_str().unwrap());
    assert!(std::fs::read_to_string(graph).unwrap().contains("<svg"));
}

/// The kernel may refuse to sample; then the report says so, and what helps.
#[test]
fn the_kernel_sees_the_same_without_the_targets_help() {
    let workplace = Workplace::new();
    let options = ["--flaws=regex-per-call", "--profiler=perf-event"];
    let arguments = ["profile", "webhook_text", "--requests=100", "--reservations=500", "--format=json"];
    let finished: Finished = workplace.aforo(&[&arguments[..], &options].concat());
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let obstacles = report["obstacles"].as_array().unwrap();
    if let Some(obstacle) = obstacles.first() {
        assert!(obstacle["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{obstacle:#}");
        finished.expect_code(3);
        return;
    }
    let named = findings(&report, "hot-path");
    assert!(named.iter().any(|message| message.contains("nlu/patterns.rs")), "{report:#}");
    // The hotel's own Postgres runs below it, and is not the hotel.
    let functions = report["profile"]["found"]["functions"].as_array().unwrap();
    assert!(functions.iter().all(|function| function["function"] != "PostgresMain"), "{functions:#?}");
    finished.expect_code(0);
}

#[test]
fn a_lock_that_all_bookings_share_shows_as_waiting() {
    let workplace = Workplace::new();
    let options = |flaws| [flaws, "--users=16", "--profiler=none"];
    let slow = profiled(&workplace, "prereserve", &options("--flaws=lock-contention"));
    assert!(!findings(&slow, "waiting-elsewhere").is_empty(), "{slow:#}");
    let tuned = profiled(&workplace, "prereserve", &options("--flaws=none"));
    // Sixteen users who all want the first free room wait for each other even then, but not for 50 ms at a time.
    assert!(waiting_us(&slow) > 1.5 * waiting_us(&tuned), "{slow:#} {tuned:#}");
}

/// What a request waits for nobody knows what.
fn waiting_us(report: &Value) -> f64 {
    let parts = report["wall"]["found"]["parts"].as_array().unwrap();
    parts.iter().find(|part| part["part"] == "other").unwrap()["time_us"].as_f64().unwrap()
}

#[test]
fn a_step_that_is_not_there_is_told_with_those_that_are() {
    let message = Workplace::new().aforo(&["profile", "webhook_txt"]).expect_code(2).message();
    assert!(message.contains("webhook_txt") && message.contains("webhook_text"), "{message}");
}

#[test]
fn a_run_that_must_be_profiled_is_refused_where_no_profiler_fits() {
    let workplace = Workplace::new();
    let arguments =
        ["run", "baseline", "--duration=5s", "--profile=required", "--profiler=py-spy", "--reservations=500"];
    let message = workplace.aforo(&arguments).expect_code(4).message();
    assert!(message.contains("py-spy") && message.contains("--profile required"), "{message}");
    assert!(!workplace.path().join("runs").join("latest").exists());
}
