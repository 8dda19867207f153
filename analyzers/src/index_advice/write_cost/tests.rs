use std::collections::BTreeMap;

use aforo_model::database::{Catalog, IndexColumn, IndexDefinition, TableFacts, TableWriteWindow};

use super::*;
use crate::index_advice::IndexWorkload;
use crate::index_advice::fixtures::{catalog, index, name, reservations};
use crate::index_advice::relations::Relations;
use crate::index_advice::statements::resolve_all;

fn candidate(relation: &Relation<'_>, keys: &[&str]) -> Candidate {
    let definition = IndexDefinition {
        table: name("reservations"),
        method: IndexMethod::Btree,
        keys: keys.iter().map(|key| IndexColumn::ascending(*key)).collect(),
        included: Vec::new(),
        predicate: None,
    };
    Candidate::new(definition, 0, relation, None)
}

fn cost_of(catalog: &Catalog, text: &str, keys: &[&str]) -> IndexWriteCost {
    cost_with(catalog, text, keys, None)
}

fn cost_with(
    catalog: &Catalog,
    text: &str,
    keys: &[&str],
    table_writes: Option<&TableWriteWindow>,
) -> IndexWriteCost {
    let statements =
        [WorkloadStatement { fingerprint: "w".to_owned(), text: text.to_owned(), calls: 10.0, rows: 100.0 }];
    let settings = BTreeMap::new();
    let workload = IndexWorkload {
        catalog,
        settings: &settings,
        search_path: &["public".to_owned()],
        counters_elapsed_s: Some(10.0),
        table_writes,
        statements: &statements,
    };
    let relations = Relations::of(catalog);
    let resolved: Vec<Resolved> = resolve_all(&workload, &relations).into_iter().flatten().collect();
    let relation = relations.get(0);
    let candidate = candidate(relation, keys);
    let writes = written(relation, &candidate, statements.iter().zip(&resolved));
    write_cost(relation, &candidate, &writes, &workload)
}

fn updated(updates: u64, hot_updates: u64) -> TableFacts {
    let counters = TableCounters { inserts: 20, updates, hot_updates, ..TableCounters::default() };
    TableFacts { counters: Some(counters), ..reservations(1e6) }
}

/// Measured on Postgres 15, without full-page images: 147 to 164 bytes a row for `(status, created_at)`.
#[test]
fn an_entry_costs_about_what_was_measured() {
    let cost = cost_of(&catalog(&[reservations(1e6)]), "DELETE FROM reservations", &["status", "created_at"]);
    assert!((100.0..=170.0).contains(&cost.wal_bytes_per_entry), "{}", cost.wal_bytes_per_entry);
    assert_eq!(cost.slows, [], "a deletion writes no entry");
    let growing = cost_of(&catalog(&[reservations(1e6)]), "DELETE FROM reservations", &["created_at"]);
    assert!((growing.wal_bytes_per_entry - 64.0).abs() < 1e-9, "no page is split in the middle");
}

#[test]
fn an_insert_writes_every_index_and_an_update_those_of_its_columns() {
    let catalog_of = |table: TableFacts| catalog(&[table]);
    let insert = "INSERT INTO reservations (id, status) VALUES ($1, $2)";
    let cost = cost_of(&catalog_of(updated(0, 0)), insert, &["guest_phone"]);
    assert_eq!((cost.slows.len(), cost.entries_per_s), (1, Some(2.0)));
    let update = "UPDATE reservations SET guest_phone = $1 WHERE id = $2";
    let hot = catalog_of(updated(100, 100));
    assert_eq!(cost_of(&hot, update, &["status"]).slows, [], "a HOT update of another column");
    let slowed = &cost_of(&hot, update, &["guest_phone"]).slows[0];
    assert!(slowed.loses_hot && slowed.wal_bytes_per_row > 64.0, "{slowed:?}");
    let mut indexed = hot.clone();
    indexed.indexes = vec![index("phones", "reservations", &["guest_phone", "id"])];
    assert!(!cost_of(&indexed, update, &["guest_phone"]).slows.iter().any(|slowed| slowed.loses_hot));
}

#[test]
fn entries_are_counted_in_the_run_where_it_was_watched_and_since_the_reset_otherwise() {
    let insert = "INSERT INTO reservations (id, status) VALUES ($1, $2)";
    let catalog = catalog(&[updated(0, 0)]);
    let told = |window: Option<&TableWriteWindow>| {
        let cost = cost_with(&catalog, insert, &["guest_phone"], window);
        (cost.entries_per_s, cost.entries_counted)
    };
    assert_eq!(told(None), (Some(2.0), Some(WritesCounted::SinceReset)));
    let writes = TableWrites { inserts: 300, updates: 50, hot_updates: 20 };
    let mut window = TableWriteWindow { elapsed_s: 60.0, ..TableWriteWindow::default() };
    window.tables.insert(catalog.tables[0].oid, writes);
    assert_eq!(told(Some(&window)), (Some(5.5), Some(WritesCounted::DuringRun)));
    window.tables.clear();
    assert_eq!(told(Some(&window)), (Some(0.0), Some(WritesCounted::DuringRun)), "nobody wrote");
    window.elapsed_s = 0.0;
    assert_eq!(told(Some(&window)).1, Some(WritesCounted::SinceReset));
}
