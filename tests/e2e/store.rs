//! The run store: lists, baselines, pruning, histories, and reports over a period.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::aforo::{Workplace, read_json};
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

/// The canonical run that met its objectives.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/fixtures/met.json");
/// A run as the first version of Aforo wrote it: without anything that came later.
const FIRST_FORMAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/first-format-run.json");

/// Saves a changed copy of the canonical run, begun on this day of November 2026.
fn add_run(workplace: &Workplace, day: u32, change: impl FnOnce(&mut Value)) -> String {
    let mut record = read_json(RECORD.as_ref());
    let scenario = record["scenario"]["name"].as_str().unwrap().to_owned();
    let id = format!("202611{day:02}T080000Z-{scenario}-{day:08x}");
    record["id"] = json!(id);
    record["started_at"] = json!(format!("2026-11-{day:02}T08:00:00Z"));
    change(&mut record);
    workplace.write(&format!("runs/{id}/run.json"), &record.to_string());
    id
}

fn listed(workplace: &Workplace, arguments: &[&str]) -> Vec<Value> {
    let listed = workplace.aforo(&[&["list", "--json"], arguments].concat()).expect_code(0);
    serde_json::from_str(&listed.stdout).unwrap()
}

fn keeps_to(schema: &str, text: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let validator = jsonschema::validator_for(&read_json(&folder.join(schema))).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

#[test]
fn runs_are_listed_by_scenario_target_verdict_and_date() {
    let workplace = Workplace::new();
    add_run(&workplace, 1, |_| {});
    add_run(&workplace, 2, |record| record["scenario"]["name"] = json!("peak"));
    add_run(&workplace, 3, |record| record["verdict"] = json!({"outcome": "violated"}));
    let last = add_run(&workplace, 4, |record| record["target"]["name"] = json!("shop"));
    assert_eq!(listed(&workplace, &[]).len(), 4);
    assert_eq!(listed(&workplace, &["--limit", "1"])[0]["id"], json!(last));
    for (arguments, day) in [
        (vec!["--scenario", "peak"], "02"),
        (vec!["--verdict", "violated"], "03"),
        (vec!["--target", "shop"], "04"),
        (vec!["--since", "2026-11-02", "--until", "2026-11-02"], "02"),
        (vec!["--since", "2026-11-03T09:00"], "04"),
    ] {
        let runs = listed(&workplace, &arguments);
        assert_eq!(runs.len(), 1, "{arguments:?}");
        assert!(runs[0]["id"].as_str().unwrap().starts_with(&format!("202611{day}")), "{arguments:?}");
    }
    let none = workplace.aforo(&["list", "--scenario", "nowhere"]).expect_code(0);
    assert!(none.stdout.contains("No run in"), "{}", none.stdout);
    let none = workplace.aforo(&["list", "--limit", "0"]).expect_code(0);
    assert!(none.stdout.contains("--limit 0 shows none"), "{}", none.stdout);
    for command in [&["list"][..], &["history", "p95"], &["report", "--format", "json"]] {
        let turned = [command, &["--since", "2026-11-03", "--until", "2026-11-01"]].concat();
        let message = workplace.aforo(&turned).expect_code(2).message();
        assert!(
            message.contains("--since is 2026-11-03") && message.contains("2026-11-02 00:00"),
            "{message}"
        );
    }
    let wrong = workplace.aforo(&["list", "--since", "soon"]).expect_code(2);
    assert!(wrong.message().contains("2026-11-01"), "{}", wrong.message());
}

#[test]
fn a_baseline_is_pinned_shown_and_never_pruned() {
    let workplace = Workplace::new();
    let ids: Vec<String> = (1..=5).map(|day| add_run(&workplace, day, |_| {})).collect();
    workplace.aforo(&["baseline", "set", "main", &ids[0], &ids[1]]).expect_code(0);
    let by_comma = workplace.aforo(&["baseline", "set", "main", &ids[..2].join(",")]).expect_code(0);
    assert_eq!(by_comma.stdout, format!("main is now {}, {}\n", ids[0], ids[1]));
    let set = workplace.aforo(&["baseline", "set", "release/2.4", "previous"]).expect_code(0);
    assert!(set.stdout.contains(&ids[3]), "{}", set.stdout);
    let shown = workplace.aforo(&["baseline", "list"]).expect_code(0).stdout;
    assert!(ids[..2].iter().chain([&ids[3]]).all(|id| shown.contains(id)), "{shown}");
    assert!(workplace.aforo(&["list"]).expect_code(0).stdout.contains(&format!("{} (main)", ids[0])));

    workplace.aforo(&["prune"]).expect_code(2);
    let dry = workplace.aforo(&["prune", "--keep", "1", "--dry-run"]).expect_code(0).stdout;
    assert!(dry.contains(&format!("would delete {}", ids[2])) && dry.contains("KiB"), "{dry}");
    assert_eq!(listed(&workplace, &[]).len(), 5);
    let pruned = workplace.aforo(&["prune", "--keep", "1"]).expect_code(0).stdout;
    assert!(pruned.contains("deleted 1 run") && pruned.contains("pinned as a baseline: 3 runs"), "{pruned}");
    assert_eq!(listed(&workplace, &[]).len(), 4);
    workplace.aforo(&["baseline", "remove", "main"]).expect_code(0);
    workplace.aforo(&["prune", "--older-than", "100000w"]).expect_code(0);
    workplace.aforo(&["prune", "--keep", "1"]).expect_code(0);
    assert_eq!(listed(&workplace, &[]).len(), 2);
    let unknown = workplace.aforo(&["baseline", "remove", "main"]).expect_code(2);
    assert!(unknown.message().contains("release/2.4"), "{}", unknown.message());
    workplace.aforo(&["baseline", "set", "../main", "latest"]).expect_code(2);
}

#[test]
fn a_baseline_is_of_one_load_and_what_speaks_against_its_runs_is_told() {
    let workplace = Workplace::new();
    let sound = add_run(&workplace, 1, |record| {
        record["findings"] = json!([]);
        record["verdict"] = json!({"outcome": "met"});
    });
    let violated = add_run(&workplace, 2, |record| {
        record["findings"] = json!([]);
        record["verdict"] = json!({"outcome": "violated"});
    });
    let longer = add_run(&workplace, 3, |record| record["scenario"]["load"]["duration_s"] = json!(7200.0));
    let quiet = workplace.aforo(&["baseline", "set", "main", &sound]).expect_code(0);
    assert_eq!(quiet.stderr, "");
    let told = workplace.aforo(&["baseline", "set", "main", &sound, &violated]).expect_code(0);
    assert!(told.stderr.contains(&format!("run {violated} violated its objectives")), "{}", told.stderr);
    let message = workplace.aforo(&["baseline", "set", "main", &sound, &longer]).expect_code(2).message();
    assert!(message.contains("measured different things") && message.contains("7200 s"), "{message}");
    let shown = workplace.aforo(&["baseline", "list"]).expect_code(0).stdout;
    assert!(shown.contains(&violated) && !shown.contains(&longer), "nothing was changed: {shown}");
}

#[test]
fn a_list_shows_load_and_flaws_where_there_is_room() {
    let workplace = Workplace::new();
    add_run(&workplace, 1, |record| {
        record["target"]["description"] = json!("flaws: none");
        record["load"]["peak_users"] = json!(17);
        record["elapsed_s"] = json!(60.2);
    });
    let shown = workplace.aforo(&["list"]).expect_code(0).stdout;
    assert!(shown.contains("17 × 60 s"), "{shown}");
    let listed = &listed(&workplace, &[])[0];
    assert_eq!((&listed["description"], &listed["peak_users"]), (&json!("flaws: none"), &json!(17)));
}

#[test]
fn a_history_shows_where_the_level_changed_and_mixes_no_other_load_in() {
    let workplace = Workplace::new();
    for day in 1..=24 {
        add_run(&workplace, day, |record| {
            let level = if day <= 12 { 20_000 } else { 30_000 };
            record["load"]["total"]["response_time"]["p95_us"] = json!(level + day * 37 % 11 * 50);
        });
    }
    let other = add_run(&workplace, 25, |_| {});
    let path = workplace.path().join("runs").join(&other).join("run.json");
    let mut record = read_json(&path);
    record["started_at"] = json!("2026-10-01T00:00:00Z");
    record["scenario"]["load"]["workload"]["users"] = json!(99);
    std::fs::write(&path, record.to_string()).unwrap();

    let flawed = add_run(&workplace, 26, |record| {
        record["started_at"] = json!("2026-10-02T00:00:00Z");
        record["target"]["description"] = json!("flaws: some");
    });
    let json = workplace.aforo(&["history", "p95", "--json"]).expect_code(0).stdout;
    let history = keeps_to("history.schema.json", &json);
    assert_eq!(history["points"].as_array().unwrap().len(), 24);
    let left_out =
        |at: usize| (history["left_out"][at]["runs"].as_u64(), history["left_out"][at]["why"].as_str());
    assert!(matches!(left_out(0), (Some(1), Some(why)) if why.starts_with("of another load")), "{history}");
    assert!(matches!(left_out(1), (Some(1), Some(why)) if why.contains("--any-description")), "{history}");
    let mixed = workplace.aforo(&["history", "p95", "--any-description", "--json"]).expect_code(0).stdout;
    assert!(mixed.contains(&flawed) && !json.contains(&flawed), "{mixed}");
    let changes = history["changes"]["found"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(changes[0]["run"].as_str().unwrap().starts_with("20261113"), "{changes:?}");
    let shown = workplace.aforo(&["history", "p95"]).expect_code(0).stdout;
    assert!(
        shown.contains("← new") && shown.contains('█') && shown.contains("1 run of another load"),
        "{shown}"
    );
    let text = workplace.aforo(&["history", "p95", "--format", "csv", "--limit", "3"]).expect_code(0).stdout;
    assert_eq!(csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).count(), 3);
    let step = workplace.aforo(&["history", "error_rate", "--step", "confirm"]).expect_code(0).stdout;
    assert!(step.contains("confirm error_rate over 24 runs"), "{step}");
    let message = workplace.aforo(&["history", "p95", "--step", "nosuch"]).expect_code(2).message();
    assert!(message.contains("`nosuch`") && message.contains("prereserve, confirm"), "{message}");
    workplace.aforo(&["history", "speed"]).expect_code(2);
    workplace.aforo(&["history", "p95", "--scenario", "nowhere"]).expect_code(2);
}

#[test]
fn a_report_over_a_period_merges_the_histograms_of_its_runs() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(0);
    let folder = workplace.run_folder();
    let record = workplace.record();
    assert!(
        folder.join("judged.hlog").is_file(),
        "written with the run, so that no report has to read its seconds"
    );
    for copy in ["x", "y"] {
        let to = workplace.path().join(format!("runs/20260101T000000Z-look-{copy}"));
        std::fs::create_dir_all(to.join("evidence")).unwrap();
        for file in ["run.json", "latency.hlog", "evidence/seconds.ndjson"] {
            std::fs::copy(folder.join(file), to.join(file)).unwrap();
        }
    }
    let report = |arguments: &[&str]| workplace.aforo(&[&["report"], arguments].concat());
    let today =
        report(&["--period", "daily", "--at", record["started_at"].as_str().unwrap(), "--format", "json"]);
    let today = keeps_to("period.schema.json", &today.expect_code(0).stdout);
    let load = &today["loads"][0];
    assert_eq!((&load["runs"], &load["merged_runs"]), (&json!(3), &json!(3)), "{load}");
    let total = &record["load"]["total"];
    assert_eq!(load["steps"][0]["requests"], json!(3 * total["requests"].as_u64().unwrap()));
    let merged = &load["steps"][0]["response_time"];
    assert_eq!(merged["count"], json!(3 * total["response_time"]["count"].as_u64().unwrap()));
    assert_eq!(merged["p95_us"], total["response_time"]["p95_us"], "the same three times over");
    let copied = workplace.path().join("runs/20260101T000000Z-look-x/judged.hlog");
    assert!(copied.is_file(), "made of the seconds where it was not there");
    // From the files that were kept, the same again.
    let again = report(&["--since", "365d", "--format", "json"]).expect_code(0).stdout;
    assert_eq!(keeps_to("period.schema.json", &again)["loads"], today["loads"]);

    for period in ["daily", "weekly", "monthly"] {
        let empty = report(&["--period", period, "--at", "2020-02-29"]).expect_code(0).stdout;
        assert!(empty.contains("No runs.") && empty.contains("UTC"), "{empty}");
    }
    let markdown = report(&["--scenario", "look", "--format", "markdown"]).expect_code(0).stdout;
    assert!(markdown.contains("## look on") && markdown.contains("| view |"), "{markdown}");
    let rows = report(&["--scenario", "look", "--format", "csv"]).expect_code(0).stdout;
    assert_eq!(csv::Reader::from_reader(rows.as_bytes()).records().map(Result::unwrap).count(), 2);
    report(&["latest", "--period", "daily"]).expect_code(2);
    report(&["--period", "daily", "--format", "html"]).expect_code(2);
    report(&["latest", "--format", "csv"]).expect_code(2);
}

#[test]
fn a_run_of_the_first_version_is_read_by_every_command() {
    let workplace = Workplace::new();
    let record = read_json(FIRST_FORMAT.as_ref());
    let id = record["id"].as_str().unwrap();
    workplace.write(&format!("runs/{id}/run.json"), &record.to_string());
    assert_eq!(listed(&workplace, &[])[0]["id"], json!(id));
    workplace.aforo(&["report", "latest"]).expect_code(0);
    workplace.aforo(&["baseline", "set", "first", "latest"]).expect_code(0);
    assert!(workplace.aforo(&["history", "p95"]).expect_code(0).stdout.contains("over 1 run"));
    let period = workplace.aforo(&["report", "--period", "monthly", "--at", "2026-11-20"]).expect_code(0);
    assert!(period.stdout.contains("Times are of 0 of 1 run:"), "it has no histograms: {}", period.stdout);
}

#[test]
fn records_that_are_newer_cut_short_or_broken_are_named_and_hide_no_other() {
    let workplace = Workplace::new();
    let good = add_run(&workplace, 1, |_| {});
    let newer = add_run(&workplace, 2, |record| record["format_version"] = json!(99));
    let cut = add_run(&workplace, 3, |_| {});
    let empty = add_run(&workplace, 4, |record| record["load"] = json!({}));
    let path = workplace.path().join("runs").join(&cut).join("run.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 3]).unwrap();
    let list = workplace.aforo(&["list"]).expect_code(0);
    assert!(list.stdout.contains("newer format") && list.stdout.contains("unreadable"), "{}", list.stdout);
    assert!(list.stderr.contains("reads up to format 1"), "{}", list.stderr);
    for (id, word) in [(&newer, "newer Aforo"), (&cut, "cut short"), (&empty, "not a run record")] {
        let refused = workplace.aforo(&["report", id]).expect_code(2);
        assert!(refused.message().contains(word), "{}", refused.message());
        workplace.aforo(&["baseline", "set", "b", id]).expect_code(2);
    }
    let history = workplace.aforo(&["history", "p95"]).expect_code(0).stdout;
    assert!(history.contains("over 1 run"), "{history}");
    assert!(
        history.contains("1 run written by a newer Aforo") && history.contains("2 runs that cannot be read"),
        "{history}"
    );
    let pruned = workplace.aforo(&["prune", "--keep", "0"]).expect_code(0).stdout;
    assert!(pruned.contains(&format!("deleted {good}")) && pruned.contains("unreadable"), "{pruned}");
    assert_eq!(listed(&workplace, &[]).len(), 3);
}

#[test]
fn hostile_names_harm_neither_the_store_nor_the_screen() {
    let workplace = Workplace::new();
    let hostile = format!("../../<script>\"'🙂\u{1b}[2J{}", "x".repeat(10_000));
    add_run(&workplace, 1, |record| {
        record["id"] = json!("../../../escaped");
        for part in ["scenario", "target"] {
            record[part]["name"] = json!(hostile);
        }
        record["load"]["steps"][0]["name"] = json!(hostile);
    });
    for arguments in [
        vec!["list"],
        vec!["history", "p95"],
        vec!["history", "p95", "--step", &hostile],
        vec!["report", "--since", "2026-01-01", "--until", "2026-12-31"],
        vec!["report", "--since", "2026-01-01", "--until", "2026-12-31", "--format", "markdown"],
        vec!["baseline", "set", "main", "latest"],
    ] {
        let done = workplace.aforo(&arguments).expect_code(0);
        assert!(!done.stdout.contains('\u{1b}'), "{arguments:.20?}");
        assert!(
            !done.stdout.replace("\\<", "").contains("<script>") || arguments.last() != Some(&"markdown")
        );
    }
    workplace.aforo(&["baseline", "remove", "main"]).expect_code(0);
    workplace.aforo(&["prune", "--keep", "0"]).expect_code(0);
    let left: Vec<String> = std::fs::read_dir(workplace.path())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, ["runs"]);
    assert!(listed(&workplace, &[]).is_empty());
}
