//! Everything that the page points at is in the page.

use std::collections::BTreeSet;

use aforo_model::Verdict;

use super::{between, page};
use crate::canonical;
use crate::html::evidence;

/// Every canonical run, and the one in which everything was found, with an objective that a recommendation helps.
fn pages() -> Vec<String> {
    let mut full = evidence::record();
    full.slos[0].verdict = Verdict::Violated;
    full.slos[0].helped_by = Some(full.recommendations[0].id.clone());
    canonical::records()
        .into_iter()
        .map(|(_, record)| record)
        .chain([full])
        .map(|record| page(&record))
        .collect()
}

#[test]
fn every_link_within_the_page_has_its_target_and_no_anchor_is_there_twice() {
    for page in pages() {
        let ids: Vec<&str> = between(&page, " id=\"", "\"").collect();
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "{ids:?}");
        let targets: Vec<&str> = between(&page, "href=\"#", "\"").collect();
        assert!(targets.len() > 20, "{targets:?}");
        for target in targets {
            assert!(known.contains(target), "nothing has the id {target}");
        }
    }
}

#[test]
fn a_missed_objective_leads_to_what_helps_it_most() {
    let page = pages().pop().unwrap();
    assert!(
        between(&page, "<section id=\"slos\"", "</section>").next().unwrap().contains("#recommendations-1")
    );
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for page in pages() {
        for reference in ["src=", "href=\"http", "href=\"//", "@import", "url("] {
            assert!(!page.contains(reference), "{reference}");
        }
        assert!(page.contains("default-src 'none'"));
    }
}

#[test]
fn every_element_of_data_is_json() {
    for page in pages() {
        let blocks: Vec<&str> = between(&page, "<script type=\"application/json\"", "</script>").collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let (_, json) = block.split_once('>').unwrap();
            serde_json::from_str::<serde_json::Value>(json).unwrap();
        }
    }
}
