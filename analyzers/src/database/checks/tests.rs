//! The tables against the folders.

use std::collections::BTreeSet;

use super::*;

/// Files beside the checks: what several checks of an area share.
const SHARED: [&str; 5] = ["comparison", "mod", "partitioned_index", "releases", "shares"];

#[test]
fn every_file_of_every_area_is_a_line_of_its_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/database/checks");
    let mut files = BTreeSet::new();
    for area in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(entries) = std::fs::read_dir(&area) else { continue };
        let area = area.file_name().unwrap().to_str().unwrap().to_owned();
        let stems =
            entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
        files.extend(
            stems
                .filter(|stem| !SHARED.contains(&stem.as_str()))
                .map(|stem| (area.clone(), stem.replace('_', "-"))),
        );
    }
    let area_of = |check: &DatabaseCheck| format!("{:?}", check.area).to_lowercase();
    let lines: BTreeSet<_> = database_checks().map(|check| (area_of(check), check.code.to_owned())).collect();
    assert_eq!(lines, files);
}

#[test]
fn codes_are_kebab_case_in_order_and_used_once() {
    let codes: BTreeSet<_> = database_checks().map(|check| check.code).collect();
    assert_eq!(codes.len(), database_checks().count(), "a code is used twice");
    assert!(codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    assert!(database_checks().is_sorted_by_key(|check| (check.area, check.code)));
    let of_runs: BTreeSet<_> = crate::CHECKS.iter().map(|check| check.code).collect();
    assert!(codes.is_disjoint(&of_runs), "a code of a check of runs");
}

#[test]
fn every_check_says_what_it_reads_and_whose_threshold_it_has() {
    for check in database_checks() {
        for text in [check.summary, check.reads, check.threshold, check.source] {
            assert!(!text.trim().is_empty(), "{}", check.code);
        }
        assert!(check.weight > 0.0, "{}", check.code);
    }
}
