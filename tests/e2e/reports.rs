//! What a run leaves behind can be read by those it is meant for.

use serde_json::Value;

use crate::aforo::{Workplace, read_json};
use crate::gate::scenario;
use crate::target::{Answer, TestTarget};

/// A workplace with one finished run.
fn with_a_run() -> Workplace {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    workplace.aforo(&["run", "./look.toml", "--target", &target.url()]).expect_code(0);
    workplace
}

fn valid(record: &Value) {
    let schema = read_json(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/run.schema.json").as_ref());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(record).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_record_fulfils_its_published_schema_and_is_what_json_prints() {
    let workplace = with_a_run();
    valid(&workplace.record());
    let printed = workplace.aforo(&["report", "--format", "json"]).expect_code(0);
    assert_eq!(serde_json::from_str::<Value>(&printed.stdout).unwrap(), workplace.record());
}

#[test]
fn tables_agree_with_the_record() {
    let workplace = with_a_run();
    let record = workplace.record();
    let rows = |name: &str| {
        let mut reader = csv::Reader::from_path(workplace.run_folder().join(name)).unwrap();
        let titles = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        (titles, rows)
    };
    let (titles, endpoints) = rows("endpoints.csv");
    let column = |title: &str| titles.iter().position(|each| each == title).unwrap();
    let view = endpoints.iter().find(|row| &row[0] == "view").unwrap();
    assert_eq!(view[column("requests")], record["load"]["total"]["requests"].to_string());
    assert!(rows("timeline.csv").1.len() >= 2);
    assert!(rows("resources.csv").1.len() >= 2);
    let latency = std::fs::read_to_string(workplace.run_folder().join("latency.hlog")).unwrap();
    assert!(latency.contains("Tag=view,"), "{latency}");
}

#[test]
fn every_format_can_be_printed_again() {
    let workplace = with_a_run();
    let formats = ["terminal", "tables", "json", "html", "summary", "junit", "openmetrics"];
    for format in formats.into_iter().chain(["endpoints", "timeline", "resources", "schema"]) {
        let printed = workplace.aforo(&["report", "latest", "--format", format]).expect_code(0);
        assert!(
            printed.stdout.len() > 40 && !printed.stdout.contains('\u{1b}'),
            "{format}: {}",
            printed.stdout
        );
    }
    let unknown = workplace.aforo(&["report", "--format", "pdf"]).expect_code(2);
    assert!(unknown.stderr.contains("summary"), "{}", unknown.stderr);
}

#[test]
fn the_store_lists_finds_and_refuses() {
    let workplace = with_a_run();
    let id = workplace.record()["id"].as_str().unwrap().to_owned();
    let listed = workplace.aforo(&["list"]).expect_code(0);
    assert!(listed.stdout.contains(&id) && listed.stdout.contains("met"), "{}", listed.stdout);
    let entries: Value =
        serde_json::from_str(&workplace.aforo(&["list", "--json"]).expect_code(0).stdout).unwrap();
    assert_eq!(entries[0]["id"], id.as_str());
    workplace.aforo(&["report", &id[..12]]).expect_code(0);
    assert!(workplace.aforo(&["report", "1999"]).expect_code(2).message().contains("aforo list"));

    let path = workplace.run_folder().join("run.json");
    let newer = std::fs::read_to_string(&path).unwrap().replacen(
        "\"format_version\": 1",
        "\"format_version\": 99",
        1,
    );
    std::fs::write(&path, newer).unwrap();
    assert!(workplace.aforo(&["report"]).expect_code(2).message().contains("newer Aforo"));
    let listed = workplace.aforo(&["list"]).expect_code(0);
    assert!(listed.stderr.contains("newer Aforo"), "{}", listed.stderr);
}

#[test]
fn the_same_record_is_printed_with_json_while_progress_goes_to_stderr() {
    let target = TestTarget::start(Answer::default());
    let workplace = Workplace::new();
    workplace.write("look.toml", &scenario("error_rate < 50%", ""));
    let run = workplace.aforo(&["run", "./look.toml", "--target", &target.url(), "--json"]).expect_code(0);
    let printed: Value = serde_json::from_str(&run.stdout).unwrap();
    valid(&printed);
    assert_eq!(printed, workplace.record());
    assert!(run.stderr.contains("req/s"), "{}", run.stderr);
}
