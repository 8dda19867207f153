//! What looks like a finding and is none, one fixture each.

use rand::Rng;

use super::endpoints::{AUTHOR, BOOKS, selectin};
use super::probe_findings;
use super::simulation::{Endpoint, Probe, Request};

fn clean(request: &mut Request<'_>) {
    request.sends(BOOKS, 1, request.page_size);
    request.answers("items", request.page_size);
}

fn assert_clean(endpoint: Endpoint) {
    for seed in 1..=5 {
        let verdict = Probe { seed, ..Probe::default() }.judge(endpoint);
        assert!(verdict.answer.found().is_some(), "{verdict:?}");
        assert_eq!(probe_findings(&[verdict]), []);
    }
}

#[test]
fn set_up_and_release_of_a_pool_are_no_finding() {
    assert_clean(|request| {
        // A pool that opens a connection for each part of the work, and cleans each up.
        for text in
            ["DISCARD ALL", "SET application_name = 'web'", "SELECT set_config('app.tenant', '7', false)"]
        {
            request.sends(text, request.page_size, request.page_size);
        }
        request.sends("BEGIN", request.page_size, 0);
        request.sends("ROLLBACK", request.page_size, 0);
        clean(request);
    });
}

#[test]
fn checks_of_foreign_keys_inside_a_bulk_insert_are_no_finding() {
    assert_clean(|request| {
        let check = "SELECT $2 FROM ONLY \"public\".\"authors\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x";
        request.sends("INSERT INTO books (title) SELECT * FROM unnest($1)", 1, request.page_size);
        request.runs_inside(check, request.page_size);
        clean(request);
    });
}

#[test]
fn prefetch_lists_of_other_lengths_are_one_statement() {
    assert_clean(selectin);
}

#[test]
fn a_target_that_explains_its_own_statements_is_no_finding() {
    assert_clean(|request| {
        request.sends(&format!("EXPLAIN (FORMAT JSON) {BOOKS}"), request.page_size, request.page_size);
        clean(request);
    });
}

#[test]
fn a_cold_first_call_of_a_fresh_session_is_no_finding() {
    assert_clean(|request| {
        // The first use of a collation, a type, a plan: thousands of blocks once.
        let is_cold = request.cache.insert(0);
        request.touches(AUTHOR, 1, 1, if is_cold { 20_000 } else { 3 });
        clean(request);
    });
}

#[test]
fn a_cache_that_answers_at_random_is_no_finding() {
    assert_clean(|request| {
        let is_cached = request.random.random_bool(0.4);
        if !is_cached {
            request.sends(AUTHOR, 1, 1);
        }
        clean(request);
    });
}
