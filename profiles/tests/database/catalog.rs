//! What a superuser reads, name for name.

use aforo_model::database::{
    Catalog, ConstraintKind, IndexFacts, RelationName, TableFacts, TableKind, Volatility,
};
use aforo_profiles::read_database;

use crate::server::start_with_schema;

const ODD: (&str, &str) = ("My.Schema", "Odd \"Name\".x");

fn name((schema, name): (&str, &str)) -> RelationName {
    RelationName { schema: schema.to_owned(), name: name.to_owned() }
}

fn table<'a>(catalog: &'a Catalog, wanted: (&str, &str)) -> &'a TableFacts {
    catalog.tables.iter().find(|table| table.name == name(wanted)).unwrap()
}

fn index<'a>(catalog: &'a Catalog, wanted: &str) -> &'a IndexFacts {
    catalog.indexes.iter().find(|index| index.name.name == wanted).unwrap()
}

#[tokio::test]
async fn a_superuser_reads_everything_and_nothing_is_skipped() {
    let (server, _admin) = start_with_schema().await;
    let evidence = read_database(&server.url(), None, None).await.unwrap();
    assert_eq!(evidence.skipped, []);
    assert_eq!((evidence.server.role.as_str(), evidence.server.is_superuser), ("aforo", true));
    assert_eq!(evidence.server.pooler, None);
    assert_eq!(evidence.server.search_path, ["public"]);
    assert!(evidence.server.extensions.contains_key("pg_stat_statements"));
    assert!(evidence.server.available_extensions.contains_key("plpgsql"));
    assert!(evidence.server.database_bytes.unwrap() > 1_000_000);
    assert_eq!(evidence.server.host_memory_bytes.is_some(), cfg!(target_os = "linux"));
    let setting = |name: &str| evidence.settings[name].value.clone();
    assert_eq!(setting("max_connections"), "60");
    // What Aforo sets for itself does not hide what holds for others.
    assert_eq!((setting("statement_timeout"), setting("lock_timeout")), ("0".to_owned(), "0".to_owned()));
    assert!(evidence.counters.unwrap().commits > 0);
    assert!(
        evidence.checkpoints.unwrap().backend_buffers.is_some_and(|_| true) || server.version().major >= 17
    );
    assert_eq!(evidence.sessions.unwrap().len(), 1, "the admin's; Aforo's own are left out");
    assert_eq!(
        (evidence.replicas, evidence.slots, evidence.vacuums),
        (Some(vec![]), Some(vec![]), Some(vec![]))
    );
    let statements = evidence.statements.unwrap();
    assert_eq!(
        (statements.from, statements.elapsed_s, statements.gaps.as_slice()),
        (None, None, [].as_slice())
    );
    let texts: Vec<&str> = statements.statements.iter().filter_map(|s| s.text.as_deref()).collect();
    assert!(texts.iter().any(|text| text.starts_with("INSERT INTO guests")), "{texts:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_catalog_is_read_as_it_was_declared() {
    let (server, _admin) = start_with_schema().await;
    let catalog = read_database(&server.url(), None, None).await.unwrap().catalog.unwrap();
    tables_are_as_declared(&catalog);
    indexes_are_as_declared(&catalog);
    constraints_are_as_declared(&catalog);

    let small = catalog.sequences.iter().find(|sequence| sequence.name.name == "small_id_seq").unwrap();
    assert_eq!((small.last_value, small.max_value), (Some(300), 32_767));
    assert_eq!(small.feeds, Some((name(("public", "small")), "id".to_owned())));
    let odd = catalog.sequences.iter().find(|sequence| sequence.name.schema == "My.Schema").unwrap();
    assert_eq!((odd.last_value, odd.max_value), (None, i64::MAX));
    let nights = catalog.functions.iter().find(|function| function.name.name == "nights").unwrap();
    assert_eq!(
        (nights.volatility, nights.cost, nights.is_from_extension),
        (Volatility::Immutable, 7.0, false)
    );
    assert!(catalog.functions.iter().any(|function| function.is_from_extension));
    server.stop().await;
}

fn tables_are_as_declared(catalog: &Catalog) {
    let guests = table(catalog, ("public", "guests"));
    assert_eq!((guests.kind, guests.row_estimate, guests.is_logged), (TableKind::Table, Some(2000.0), true));
    assert!(guests.bytes >= guests.pages * 8192 && guests.index_bytes > 0);
    assert_eq!(guests.disabled_triggers, ["off"]);
    let email = &guests.columns[1];
    assert_eq!((email.name.as_str(), email.type_name.as_str()), ("email", "character varying(200)"));
    assert_eq!((email.fixed_bytes, email.is_nullable), (None, false));
    assert_eq!((guests.columns[3].fixed_bytes, guests.columns[3].is_nullable), (Some(4), true));
    let of_name = guests.columns[2].statistics.as_ref().unwrap();
    assert_eq!((of_name.common_values.as_slice(), of_name.null_ratio), (["Ann".to_owned()].as_slice(), 0.25));
    assert!(guests.columns[3].statistics.as_ref().unwrap().histogram_bounds.len() > 50);
    assert_eq!(guests.columns[0].statistics.as_ref().unwrap().distinct, -1.0);

    let odd = table(catalog, ODD);
    assert_eq!(odd.options, ["autovacuum_enabled=false", "fillfactor=80"]);
    assert_eq!(
        odd.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        ["Id", "guest.id", "stay", "status", "room"]
    );
    let part = table(catalog, ("public", "days_2026"));
    assert_eq!(part.parent, Some(name(("public", "days"))));
    assert_eq!(table(catalog, ("public", "days")).kind, TableKind::Partitioned);
    assert_eq!(table(catalog, ("public", "adults")).kind, TableKind::MaterializedView);
    assert!(!table(catalog, ("public", "scratch")).is_logged);
    assert!(catalog.tables.iter().all(|table| table.name.schema != "pg_catalog"));
}

fn indexes_are_as_declared(catalog: &Catalog) {
    let partly = index(catalog, "partly");
    assert_eq!(partly.table, name(ODD));
    let keys: Vec<(Option<&str>, bool, bool)> =
        partly.keys.iter().map(|key| (key.column.as_deref(), key.is_descending, key.nulls_first)).collect();
    assert_eq!(keys, [(Some("status"), true, true), (Some("guest.id"), true, false)]);
    assert_eq!(partly.keys[1].definition, "\"guest.id\"");
    assert_eq!(
        (partly.included.as_slice(), partly.method.as_str()),
        (["room".to_owned()].as_slice(), "btree")
    );
    assert_eq!(partly.predicate.as_deref(), Some("(status = 'booked'::text)"));
    assert!(partly.definition.starts_with("CREATE INDEX partly ON"), "{}", partly.definition);
    assert!(!partly.is_unique && partly.is_valid && !partly.is_constraint);

    let lowered = index(catalog, "lowered");
    assert_eq!(
        (&lowered.keys[0].column, lowered.keys[0].definition.as_str()),
        (&None, "lower((email)::text)")
    );
    assert_eq!(lowered.keys[0].collation, None);
    assert_eq!(lowered.keys[1].collation.as_deref(), Some("pg_catalog.\"POSIX\""));
    assert_eq!(lowered.keys[1].operator_class.as_deref(), Some("pg_catalog.text_pattern_ops"));
    assert_eq!(lowered.row_estimate, 2000.0);

    let broken = index(catalog, "broken");
    assert!(!broken.is_valid && broken.is_unique && !broken.is_constraint);
    let primary = index(catalog, "guests_pkey");
    assert!(primary.is_primary && primary.is_constraint && primary.counters.is_some());
    assert!(!index(catalog, "by_email").is_constraint, "a foreign key's target is not its index");
    let gist = catalog.indexes.iter().find(|index| index.method == "gist").unwrap();
    assert!(gist.is_constraint && !gist.is_unique);
    let parent = index(catalog, "days_day_idx");
    assert_eq!((parent.bytes, &parent.counters), (0, &None), "the index of a partitioned table is none");
}

fn constraints_are_as_declared(catalog: &Catalog) {
    let constraint = |wanted: &str| catalog.constraints.iter().find(|c| c.name == wanted).unwrap();
    let guest = constraint("guest");
    assert_eq!((guest.kind, guest.is_validated), (ConstraintKind::ForeignKey, false));
    assert_eq!((guest.columns.as_slice(), &guest.index), (["guest.id".to_owned()].as_slice(), &None));
    let referred = guest.foreign_key.as_ref().unwrap();
    assert_eq!((&referred.table, referred.on_delete.as_str()), (&name(("public", "guests")), "CASCADE"));
    assert_eq!(referred.columns, ["id"]);
    let primary = constraint("guests_pkey");
    assert_eq!(
        (primary.kind, primary.index.as_ref().unwrap().name.as_str()),
        (ConstraintKind::PrimaryKey, "guests_pkey")
    );
    assert_eq!(constraint("has_email").kind, ConstraintKind::Check);
    let exclusion = catalog.constraints.iter().find(|c| c.kind == ConstraintKind::Exclusion).unwrap();
    assert!(exclusion.definition.starts_with("EXCLUDE USING gist"), "{}", exclusion.definition);
}
