use std::collections::BTreeSet;

use aforo_model::Severity;

use super::fixtures::{PlanFixture, changed, found};
use super::*;

/// Files of the folder that are no checks.
const SUPPORT: [&str; 8] = [
    "contradiction",
    "explain-case",
    "fixtures",
    "memory-setting",
    "mod",
    "names",
    "parameter-values",
    "tests",
];

#[test]
fn every_file_of_this_folder_is_a_line_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plans");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .filter(|stem| !SUPPORT.contains(&stem.as_str()))
        .collect();
    let codes: BTreeSet<String> = PLAN_CHECKS.iter().map(|check| check.code.to_owned()).collect();
    assert_eq!(codes, files);
    assert_eq!(codes.len(), PLAN_CHECKS.len(), "a code is used twice");
    assert!(PLAN_CHECKS.is_sorted_by_key(|check| check.code));
}

/// What is wrong with a plan, and only that: the fixtures are named after it.
#[test]
fn each_captured_plan_has_the_findings_it_was_captured_for() {
    for (name, plan) in PlanFixture::all() {
        let codes: BTreeSet<String> =
            plan_findings(&PlanContext { fingerprint: "f1", plan: &plan, catalog: None })
                .into_iter()
                .map(|found| found.finding.code)
                .collect();
        for check in PLAN_CHECKS {
            let is_found = codes.contains(check.code);
            if let Some(case) = name.strip_prefix(check.code) {
                let is_hit = ["-hit", "-parallel", "-aggregate"].contains(&case);
                assert_eq!(is_found, is_hit, "{} in {name}: {codes:?}", check.code);
            }
        }
        if name == "index-scan" {
            assert!(codes.is_empty(), "{codes:?}");
        }
    }
}

#[test]
fn findings_have_numbers_a_remedy_and_an_order() {
    for (name, plan) in PlanFixture::all() {
        let findings = plan_findings(&PlanContext { fingerprint: "f1", plan: &plan, catalog: None });
        assert!(findings.is_sorted_by_key(|found| std::cmp::Reverse(found.finding.severity)), "{name}");
        for PlanFinding { node, finding } in findings {
            assert!(plan.node(&node).is_some(), "{name}: {node:?}");
            assert!(!finding.numbers.is_empty() && finding.numbers.values().all(|number| number.is_finite()));
            assert!(!finding.message.ends_with('.') && !finding.remedy.ends_with('.'), "{finding:?}");
            assert_eq!(finding.subject, Subject::Statement("f1".to_owned()));
        }
    }
}

#[test]
fn severity_follows_the_share_of_time_and_the_time() {
    let severity = |ratio, execution_ms| {
        let plan = Plan { execution_time_ms: execution_ms, ..Plan::default() };
        severity_by_time(&PlanContext { fingerprint: "f1", plan: &plan, catalog: None }, ratio)
    };
    assert_eq!(severity(Some(0.09), Some(500.0)), Severity::Info);
    assert_eq!(severity(Some(0.10), Some(500.0)), Severity::Warning);
    assert_eq!(severity(Some(0.40), Some(49.0)), Severity::Warning);
    assert_eq!(severity(Some(0.40), Some(50.0)), Severity::Critical);
    assert_eq!(severity(None, None), Severity::Warning);
}

#[test]
fn no_number_of_a_plan_makes_a_check_fail() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e300] {
        for (_, plan) in PlanFixture::all() {
            let odd = changed(plan, |plan| {
                plan.execution_time_ms = Some(number);
                spoil(&mut plan.root, number);
            });
            for check in PLAN_CHECKS {
                found(check.run, &odd);
            }
        }
    }
}

fn spoil(node: &mut aforo_model::database::PlanNode, number: f64) {
    node.plan_rows = number;
    for field in [
        &mut node.actual_rows,
        &mut node.actual_loops,
        &mut node.actual_total_time_ms,
        &mut node.rows_removed_by_filter,
        &mut node.sort_space_kb,
        &mut node.hash_batches,
        &mut node.disk_kb,
        &mut node.lossy_heap_blocks,
    ] {
        *field = Some(number);
    }
    node.plans.iter_mut().for_each(|child| spoil(child, number));
}

#[test]
fn counts_of_rows_read_well() {
    assert_eq!([0.0, 999.4, 1_000.0, 1_234_567.0, -1.0].map(rows), ["0", "999", "1,000", "1,234,567", "0"]);
}
