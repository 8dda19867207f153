//! Plans of the folder `fixtures/plans`, captured from Postgres 15 by its `capture.sql`.

use aforo_model::database::{Catalog, Plan, PlanFinding, RelationName, TableFacts, TableKind};

use super::PlanContext;

/// A reader of the folder.
pub(crate) struct PlanFixture;

impl PlanFixture {
    pub(crate) fn read(name: &str) -> Plan {
        let path = format!("{}/fixtures/plans/{name}.json", env!("CARGO_MANIFEST_DIR"));
        Plan::from_explain_json(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Every plan of the folder, by name.
    pub(crate) fn all() -> Vec<(String, Plan)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/plans");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.into_iter().map(|name| (name.clone(), Self::read(&name))).collect()
    }
}

/// The same plan, changed.
pub(crate) fn changed(mut plan: Plan, change: impl FnOnce(&mut Plan)) -> Plan {
    change(&mut plan);
    plan
}

/// What a check finds in a plan, without a catalog.
pub(crate) fn found(run: fn(&PlanContext<'_>) -> Vec<PlanFinding>, plan: &Plan) -> Vec<PlanFinding> {
    run(&PlanContext { fingerprint: "f1", plan, catalog: None })
}

/// A catalog of tables with their rows.
pub(crate) fn with_tables(tables: &[(&str, f64)]) -> Catalog {
    let table = |(name, row_estimate): &(&str, f64)| TableFacts {
        oid: 1,
        name: RelationName { schema: "public".to_owned(), name: (*name).to_owned() },
        kind: TableKind::Table,
        parent: None,
        row_estimate: Some(*row_estimate),
        pages: 100,
        all_visible_ratio: 1.0,
        bytes: 0,
        index_bytes: 0,
        is_logged: true,
        frozen_xid_age: 0,
        options: Vec::new(),
        disabled_triggers: Vec::new(),
        columns: Vec::new(),
        counters: None,
    };
    Catalog { tables: tables.iter().map(table).collect(), ..Catalog::default() }
}
