//! What is written for other programs is read by them: JUnit by the schema of Jenkins, OpenMetrics by the official parser and the way
//! GitLab splits its lines, CSV by a strict reader, `run.json` by its published schema.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aforo_model::{Change, RunComparison, RunRecord, Subject, read_run};
use serde_json::json;

use crate::canonical;
use crate::comparison::{self, COMPARISON_FORMATS};
use crate::format::FORMATS;

/// Every canonical record, and one with each hostile text in the place of its names.
fn all_records() -> Vec<(String, RunRecord)> {
    let canonical = canonical::records().into_iter().map(|(name, record)| (name.to_owned(), record));
    canonical.chain(canonical::hostile()).collect()
}

fn written(format_name: &str, record: &RunRecord) -> String {
    let format = FORMATS.iter().find(|format| format.name == format_name).unwrap();
    canonical::rendered(format.render, record)
}

/// What a consumer says of the format of every record; empty where it takes all of them.
fn problems(format_name: &str) -> String {
    let texts = all_records().into_iter().map(|(name, record)| (name, written(format_name, &record)));
    problems_of(format_name, texts.collect())
}

/// What a consumer says of documents of a format, each with a name.
fn problems_of(format_name: &str, texts: Vec<(String, String)>) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../target/consumers-venv/bin/python");
    let documents: Vec<_> = texts.iter().map(|(name, text)| json!({"name": name, "text": text})).collect();
    let mut check = Command::new(&python)
        .arg(root.join("consumers/check.py"))
        .arg(format_name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; `make setup` makes it", python.display()));
    let documents = serde_json::to_vec(&documents).unwrap();
    check.stdin.take().unwrap().write_all(&documents).unwrap();
    let output = check.wait_with_output().unwrap();
    assert!(output.status.success(), "the check failed; its message is above");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn junit_keeps_to_the_schema_of_jenkins() {
    assert_eq!(problems("junit"), "");
}

#[test]
fn junit_of_comparisons_keeps_to_the_schema_of_jenkins() {
    let mut comparisons: Vec<(String, RunComparison)> =
        comparison::canonical::comparisons().map(|(name, each)| (name.to_owned(), each)).into();
    for (name, record) in canonical::hostile() {
        let mut hostile = comparison::canonical::inconclusive();
        hostile.before[0].id.clone_from(&record.scenario.name);
        for compared in &mut hostile.figures {
            compared.subject = Subject::Step(record.scenario.name.clone());
            compared.change = Change::Inconclusive { why: record.scenario.name.clone(), runs_needed: None };
        }
        comparisons.push((name, hostile));
    }
    let format = COMPARISON_FORMATS.iter().find(|format| format.name == "junit").unwrap();
    let text = |each: &RunComparison| comparison::canonical::rendered(format.render, each);
    let texts = comparisons.iter().map(|(name, each)| (name.clone(), text(each)));
    assert_eq!(problems_of("junit", texts.collect()), "");
}

#[test]
fn openmetrics_is_read_by_the_official_parser_and_by_gitlab() {
    assert_eq!(problems("openmetrics"), "");
}

#[test]
fn csvs_are_tables_and_no_name_in_them_is_a_formula() {
    for (name, record) in all_records() {
        for format in ["endpoints", "timeline", "resources"] {
            let text = written(format, &record);
            // It is strict: a row with more or fewer fields than the header is an error.
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let columns = reader.headers().unwrap().clone();
            assert!(columns.iter().all(|column| !column.is_empty()), "{format} of {name}");
            for row in reader.records() {
                for field in &row.unwrap_or_else(|error| panic!("{format} of {name}: {error}")) {
                    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
                    assert!(!is_formula || field.parse::<f64>().is_ok(), "{format} of {name}: {field:.80}");
                }
            }
        }
    }
}

#[test]
fn the_record_keeps_to_its_schema_whatever_its_names_are_and_reads_back() {
    let validator = jsonschema::validator_for(&crate::run_schema()).unwrap();
    for (name, record) in all_records() {
        let text = written("json", &record);
        assert!(validator.is_valid(&serde_json::from_str(&text).unwrap()), "{name}");
        assert_eq!(read_run(&text).unwrap(), record, "{name}");
    }
}

#[test]
fn a_record_of_the_first_aforo_and_one_with_empty_sections_are_read_and_shown() {
    let schema = crate::run_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for (name, record) in canonical::records() {
        let mut old = serde_json::to_value(&record).unwrap();
        old.as_object_mut().unwrap().retain(|section, _| required.contains(&section.as_str()));
        for result in old["slos"].as_array_mut().unwrap() {
            result.as_object_mut().unwrap().remove("helped_by");
        }
        let mut empty = old.clone();
        for section in ["resources", "slos", "findings"] {
            empty[section] = json!([]);
        }
        (empty["load"]["steps"], empty["load"]["windows"]) = (json!([]), json!([]));
        empty["resource_summary"] = json!({"processes": [], "host": null});
        for (kind, json) in [("old", old), ("empty", empty)] {
            assert!(validator.is_valid(&json), "{kind} {name}");
            let record = read_run(&json.to_string()).unwrap_or_else(|error| panic!("{kind} {name}: {error}"));
            for format in FORMATS {
                assert!(
                    !canonical::rendered(format.render, &record).is_empty(),
                    "{} of {kind} {name}",
                    format.name
                );
            }
        }
    }
}

#[test]
fn a_record_that_was_cut_short_in_the_middle_is_refused_and_nothing_panics() {
    let text = written("json", &canonical::record("violated"));
    for part in 0..200 {
        let end = text.floor_char_boundary(text.trim_end().len() * part / 200);
        assert!(read_run(&text[..end]).is_err(), "{end} bytes of it");
    }
}
