//! The database report against the truth: the hotel's flaws that are on are named, and none that is off.

use serde_json::Value;

use crate::aforo::{Workplace, read_json};
use crate::ground_truth::{DATABASE_FLAWS, DatabaseFlaw, unexplained};

/// Analyzes a hotel with these flaws; large enough that a missing index shows.
fn analyze(flaws: &str) -> Value {
    let arguments = ["analyze", "--format", "json", "--reservations", "20000", "--flaws", flaws];
    let analysis = Workplace::new().aforo(&arguments).expect_code(0);
    serde_json::from_str(&analysis.stdout).unwrap()
}

#[test]
fn every_database_flaw_is_named_with_its_statement_and_step() {
    let report = analyze("all");
    let is_missed = |flaw: &&DatabaseFlaw| !flaw.is_found(&report);
    let missed: Vec<&str> = DATABASE_FLAWS.iter().filter(is_missed).map(|flaw| flaw.code).collect();
    assert!(missed.is_empty(), "{missed:?} not found in {:#}", report["findings"]);
    let every: Vec<&DatabaseFlaw> = DATABASE_FLAWS.iter().collect();
    assert_eq!(unexplained(&report, &every), [""; 0]);
    assert!(report["read"]["probe_requests"].as_u64().unwrap() > 100, "{}", report["read"]);

    let schema = read_json(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/database.schema.json").as_ref());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn of_the_tuned_hotel_nothing_of_that_kind_is_said() {
    let report = analyze("none");
    assert_eq!(unexplained(&report, &[]), [""; 0]);
    assert!(report["read"]["probe_requests"].as_u64().unwrap() > 100, "{}", report["read"]);
    let probed = report["probes"].as_array().unwrap();
    for step in ["admin_list", "admin_export", "view"] {
        let probe = probed.iter().find(|probe| probe["step"] == step).unwrap();
        assert!(probe["answer"].get("found").is_some(), "it was looked at: {probe:#}");
    }
}
