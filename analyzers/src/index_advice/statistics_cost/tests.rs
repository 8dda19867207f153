use std::collections::BTreeMap;

use aforo_model::database::{Catalog, IndexColumn, IndexMethod};

use super::*;
use crate::index_advice::WorkloadStatement;
use crate::index_advice::fixtures::{catalog, index, name, reservations, table};

fn on(table: &str, keys: &[&str], included: &[&str]) -> IndexDefinition {
    IndexDefinition {
        table: name(table),
        method: IndexMethod::Btree,
        keys: keys.iter().map(|key| IndexColumn::ascending(*key)).collect(),
        included: included.iter().map(|column| (*column).to_owned()).collect(),
        predicate: None,
    }
}

fn cost(catalog: &Catalog, text: &str, indexes: &[&IndexDefinition]) -> f64 {
    let settings = BTreeMap::new();
    let statements =
        [WorkloadStatement { fingerprint: "s".to_owned(), text: text.to_owned(), calls: 1.0, rows: 1.0 }];
    let workload = IndexWorkload {
        catalog,
        settings: &settings,
        search_path: &["public".to_owned()],
        counters_elapsed_s: None,
        table_writes: None,
        statements: &statements,
    };
    StatisticsCost::new(&workload).estimate(0, indexes).unwrap().cost
}

/// As the planner and the clock had them, from the most to the least.
#[test]
fn indexes_are_in_the_order_the_planner_has_them() {
    let catalog = catalog(&[reservations(1e6)]);
    let of = |text: &str, index: IndexDefinition| cost(&catalog, text, &[&index]);
    let phone = "SELECT * FROM reservations WHERE guest_phone = $1";
    assert!(of(phone, on("reservations", &["guest_phone"], &[])) * 100.0 < cost(&catalog, phone, &[]));
    let unused = on("reservations", &["channel_source"], &[]);
    assert!((of(phone, unused) - cost(&catalog, phone, &[])).abs() < 1e-9);
    let rare = "SELECT count(*) FROM reservations WHERE status = 'pre_reserved' AND created_at > $1";
    let both = of(rare, on("reservations", &["status", "created_at"], &[]));
    assert!(both < of(rare, on("reservations", &["created_at"], &[])));
    let common = "SELECT sum(total_cents) FROM reservations WHERE status = 'confirmed'";
    let covering = of(common, on("reservations", &["status"], &["total_cents"]));
    assert!(covering < of(common, on("reservations", &["status"], &[])));
}

#[test]
fn a_sort_is_saved_and_a_limit_cuts_an_ordered_scan_short() {
    let catalog = catalog(&[reservations(1e6)]);
    let text = "SELECT * FROM reservations ORDER BY created_at DESC LIMIT 20";
    let ordered = on("reservations", &["created_at"], &[]);
    assert!(cost(&catalog, text, &[&ordered]) * 2.0 < cost(&catalog, text, &[]));
}

#[test]
fn a_join_is_probed_where_few_rows_ask() {
    let tables = [reservations(1e6), table("nights", 1e6, &["reservation_id", "price"])];
    let catalog = catalog(&tables);
    let text =
        "SELECT price FROM reservations r JOIN nights n ON n.reservation_id = r.id WHERE r.guest_phone = $1";
    let probed = on("nights", &["reservation_id"], &[]);
    assert!(cost(&catalog, text, &[&probed]) * 1.5 < cost(&catalog, text, &[]));
}

#[test]
fn an_index_that_exists_is_counted_on() {
    let mut with = catalog(&[reservations(1e6)]);
    let text = "SELECT * FROM reservations WHERE guest_phone = $1";
    let before = cost(&with, text, &[]);
    with.indexes = vec![index("phones", "reservations", &["guest_phone"])];
    assert!(cost(&with, text, &[]) * 100.0 < before);
}

#[test]
fn what_is_not_known_has_no_cost() {
    let settings = BTreeMap::new();
    let catalog = Catalog::default();
    let workload = IndexWorkload {
        catalog: &catalog,
        settings: &settings,
        search_path: &[],
        counters_elapsed_s: None,
        table_writes: None,
        statements: &[],
    };
    assert!(StatisticsCost::new(&workload).estimate(0, &[]).is_err());
}
