use std::collections::BTreeSet;

use aforo_model::database::{Catalog, TableFacts};

use super::*;
use crate::index_advice::fixtures::{catalog, column, index, reservations, table};
use crate::index_advice::relations::Relations;
use crate::index_advice::resolve::resolve;

/// Every candidate of a statement, as a person reads it.
fn candidates(catalog: &Catalog, text: &str) -> BTreeSet<String> {
    let relations = Relations::of(catalog);
    let shape = aforo_sql::describe(text).unwrap();
    let resolved = resolve(&shape, &relations, &["public".to_owned()]);
    let of = |mention: &Mention| candidates_of(relations.get(mention.relation), mention.relation, mention);
    resolved.mentions.iter().flat_map(of).map(|candidate| candidate.definition.to_string()).collect()
}

fn on_reservations(text: &str) -> BTreeSet<String> {
    candidates(&catalog(&[reservations(1e6)]), text)
}

#[track_caller]
fn assert_has(found: &BTreeSet<String>, wanted: &[&str]) {
    for each in wanted {
        assert!(found.contains(*each), "{each} is not among {found:#?}");
    }
}

#[test]
fn equality_comes_before_a_range_and_the_most_selective_first() {
    let found = on_reservations(
        "SELECT * FROM reservations WHERE status = 'confirmed' AND accommodation_id = 7 AND created_at > '2026-01-01'",
    );
    assert_has(&found, &["reservations (accommodation_id, status, created_at)", "reservations (created_at)"]);
    assert!(!found.iter().any(|each| each.contains("created_at, ")), "nothing after a range: {found:#?}");
    assert!(!found.iter().any(|each| each.contains("INCLUDE")), "whole rows are read: {found:#?}");
}

#[test]
fn an_order_with_a_limit_follows_equality() {
    let found = on_reservations(
        "SELECT * FROM reservations WHERE status = $1 ORDER BY created_at DESC, id DESC LIMIT 20",
    );
    // Read backwards, it needs no DESC.
    assert_has(&found, &["reservations (status, created_at, id)", "reservations (created_at, id)"]);
    let mixed = on_reservations("SELECT * FROM reservations ORDER BY created_at DESC, id LIMIT 20");
    assert_has(&mixed, &["reservations (created_at DESC, id)"]);
}

#[test]
fn what_else_is_read_is_included_where_it_is_narrow() {
    let found = on_reservations("SELECT sum(total_cents) FROM reservations WHERE status = 'confirmed'");
    assert_has(&found, &["reservations (status)", "reservations (status) INCLUDE (total_cents)"]);
    let mut wide = reservations(1e6);
    wide.columns[7].fixed_bytes = None;
    wide.columns[7].statistics.as_mut().unwrap().average_bytes = 200;
    let found =
        candidates(&catalog(&[wide]), "SELECT total_cents FROM reservations WHERE status = 'confirmed'");
    assert!(!found.iter().any(|each| each.contains("INCLUDE")), "{found:#?}");
}

#[test]
fn a_partial_index_needs_a_rare_value_that_is_written_out() {
    let cleanup = |status: &str| {
        on_reservations(&format!("SELECT * FROM reservations WHERE status = {status} AND expires_at < now()"))
    };
    let partial = "reservations (expires_at) WHERE \"status\" = 'pre_reserved'";
    assert_has(&cleanup("'pre_reserved'"), &[partial, "reservations (status, expires_at)"]);
    // One tenth is not rare, and a parameter may be anything.
    for not_rare in ["'checked_in'", "'confirmed'", "'unheard of'", "$1"] {
        let found = cleanup(not_rare);
        assert!(!found.iter().any(|each| each.contains("WHERE")), "{not_rare}: {found:#?}");
    }
}

#[test]
fn join_columns_are_offered_on_both_sides() {
    let tables = [reservations(1e6), table("nights", 1e6, &["reservation_id", "price"])];
    let found = candidates(
        &catalog(&tables),
        "SELECT price FROM reservations r JOIN nights n ON n.reservation_id = r.id WHERE r.guest_phone = $1",
    );
    assert_has(
        &found,
        &["nights (reservation_id)", "nights (reservation_id) INCLUDE (price)", "reservations (guest_phone)"],
    );
}

#[test]
fn what_an_index_begins_with_is_not_offered_again() {
    let mut with = catalog(&[reservations(1e6)]);
    let text = "SELECT * FROM reservations WHERE guest_phone = $1";
    assert_has(&candidates(&with, text), &["reservations (guest_phone)"]);
    with.indexes = vec![index("phones", "reservations", &["guest_phone", "created_at"])];
    assert_eq!(candidates(&with, text), BTreeSet::new());
    with.indexes[0].is_valid = false;
    assert_has(&candidates(&with, text), &["reservations (guest_phone)"]);
    with.indexes[0].is_valid = true;
    with.indexes[0].predicate = Some("(created_at > now())".to_owned());
    assert_has(&candidates(&with, text), &["reservations (guest_phone)"]);
}

fn with_stay(rows: f64) -> TableFacts {
    let mut facts = reservations(rows);
    facts.columns.push(column("stay", "daterange"));
    facts
}

#[test]
fn overlap_asks_for_gist_unless_a_constraint_has_it() {
    let text = "SELECT 1 FROM reservations WHERE accommodation_id = $1 AND stay && $2::daterange";
    let mut with = catalog(&[with_stay(1e6)]);
    assert_has(&candidates(&with, text), &["reservations USING gist (stay)"]);
    let mut exclusion = index("no_overlap", "reservations", &["accommodation_id", "stay"]);
    exclusion.method = "gist".to_owned();
    with.indexes.push(exclusion);
    let found = candidates(&with, text);
    assert!(!found.iter().any(|each| each.contains("gist")), "{found:#?}");
}

#[test]
fn brin_is_for_large_tables_in_order() {
    let text = "SELECT * FROM reservations WHERE created_at > '2026-01-01'";
    let brin = "reservations USING brin (created_at)";
    assert!(on_reservations(text).contains(brin));
    assert!(!candidates(&catalog(&[reservations(1e5)]), text).contains(brin), "a small one");
    let mut shuffled = reservations(1e6);
    shuffled.columns[3].statistics.as_mut().unwrap().correlation = Some(0.89);
    assert!(!candidates(&catalog(&[shuffled]), text).contains(brin), "one out of order");
}

#[test]
fn nothing_is_offered_for_small_tables_expressions_or_unknown_ones() {
    assert_eq!(
        candidates(&catalog(&[reservations(100.0)]), "SELECT * FROM reservations WHERE id = 1"),
        BTreeSet::new()
    );
    assert_eq!(on_reservations("SELECT * FROM reservations WHERE lower(guest_phone) = $1"), BTreeSet::new());
    assert_eq!(on_reservations("SELECT * FROM elsewhere WHERE id = 1"), BTreeSet::new());
}
