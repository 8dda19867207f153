//! The names in the tables are what Criterion and the summary both find results by.

use std::collections::{BTreeMap, BTreeSet};

use aforo_bench_suite::{Clock, PAIRS, SINGLES, Variant};

/// What Criterion replaces in a folder's name, and where it cuts it off.
const NOT_IN_FOLDERS: &[char] = &['?', '"', '/', '\\', '*', '<', '>', ':', '|', '^'];
const LONGEST_FOLDER_BYTES: usize = 64;
/// Criterion's own folder beside the functions of a group.
const TAKEN: &str = "report";

fn variants() -> impl Iterator<Item = (Variant, Clock)> {
    let twins = PAIRS
        .iter()
        .flat_map(|pair| [(pair.before_variant(), pair.clock), (pair.after_variant(), pair.clock)]);
    twins.chain(SINGLES.iter().map(|single| (single.variant(), single.clock)))
}

#[test]
fn every_name_is_the_name_of_its_folder() {
    for (Variant { group, function }, _) in variants() {
        for name in [group, function] {
            assert!(!name.contains(NOT_IN_FOLDERS), "Criterion would rename the folder of `{name}`");
            assert!(name.len() <= LONGEST_FOLDER_BYTES, "Criterion would cut off the folder of `{name}`");
            assert!(!name.is_empty() && name.trim() == name && name != TAKEN, "`{name}` is no name");
        }
    }
}

#[test]
fn a_function_has_one_clock() {
    let mut clocks = BTreeMap::new();
    for (variant, clock) in variants() {
        assert_eq!(*clocks.entry(variant).or_insert(clock), clock, "{variant:?}");
    }
}

#[test]
fn nothing_is_in_the_tables_twice() {
    let pairs: BTreeSet<_> = PAIRS.iter().map(|pair| (pair.group, pair.before, pair.after)).collect();
    assert_eq!(pairs.len(), PAIRS.len());
    assert!(PAIRS.iter().all(|pair| pair.before != pair.after));
    let twins: BTreeSet<Variant> =
        PAIRS.iter().flat_map(|pair| [pair.before_variant(), pair.after_variant()]).collect();
    let singles: BTreeSet<Variant> = SINGLES.iter().map(|single| single.variant()).collect();
    assert_eq!(singles.len(), SINGLES.len());
    assert!(twins.is_disjoint(&singles), "{:?}", twins.intersection(&singles));
}

#[test]
fn claims_are_shares() {
    for claim in PAIRS.iter().filter_map(|pair| pair.claim) {
        assert!(claim.saved_share > 0.0 && claim.saved_share < 1.0, "{claim:?}");
        assert!(!claim.stated.is_empty());
    }
}
