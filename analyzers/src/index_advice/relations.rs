//! The catalog by name, with partitions folded into the table that queries name.

use std::collections::BTreeMap;

use aforo_model::database::{Catalog, ColumnFacts, IndexFacts, RelationName, TableFacts, TableKind};

/// A table as queries see it: a partitioned table stands for all its partitions.
#[derive(Debug)]
pub(crate) struct Relation<'a> {
    pub(crate) facts: &'a TableFacts,
    /// Partitions that hold rows, of all levels; empty for ordinary tables.
    pub(crate) partitions: Vec<&'a TableFacts>,
    pub(crate) indexes: Vec<&'a IndexFacts>,
    /// Rows, all partitions together. At least 1.
    pub(crate) rows: f64,
    /// Pages, all partitions together. At least 1.
    pub(crate) pages: f64,
    /// Share of pages all of whose rows are visible to everyone, 0–1.
    pub(crate) all_visible_ratio: f64,
}

impl<'a> Relation<'a> {
    /// A column by its name, as it is stored.
    pub(crate) fn column(&self, name: &str) -> Option<&'a ColumnFacts> {
        self.facts.columns.iter().find(|column| column.name == name)
    }

    /// Its size without indexes.
    pub(crate) fn bytes(&self) -> f64 {
        self.pages * super::size::PAGE_BYTES
    }
}

/// Every table that may have indexes.
#[derive(Debug)]
pub(crate) struct Relations<'a> {
    all: Vec<Relation<'a>>,
    /// The place in `all`, of partitions that of their root.
    places: BTreeMap<&'a RelationName, usize>,
}

impl<'a> Relations<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let by_name: BTreeMap<&RelationName, &TableFacts> =
            catalog.tables.iter().map(|table| (&table.name, table)).collect();
        let mut relations = Self { all: Vec::new(), places: BTreeMap::new() };
        for table in &catalog.tables {
            if table.kind != TableKind::Foreign && root(table, &by_name).name == table.name {
                relations.places.insert(&table.name, relations.all.len());
                relations.all.push(relation(table, catalog));
            }
        }
        for table in &catalog.tables {
            let root = root(table, &by_name);
            if let Some(place) = relations.places.get(&root.name).copied()
                && root.name != table.name
            {
                relations.places.insert(&table.name, place);
                if table.kind == TableKind::Table {
                    relations.all[place].partitions.push(table);
                }
            }
        }
        relations.all.iter_mut().for_each(measure);
        relations
    }

    /// The table of that name, as the search path finds it where no schema is named.
    pub(crate) fn find(&self, schema: Option<&str>, name: &str, search_path: &[String]) -> Option<usize> {
        let in_schema = |schema: &str| {
            let wanted = RelationName { schema: schema.to_owned(), name: name.to_owned() };
            self.places.get(&wanted).copied()
        };
        match schema {
            Some(schema) => in_schema(schema),
            None => search_path.iter().find_map(|schema| in_schema(schema)),
        }
    }

    pub(crate) fn get(&self, place: usize) -> &Relation<'a> {
        &self.all[place]
    }
}

/// The table that queries name: the top of the partitions it belongs to. Parents that run in a circle, which no server has,
/// end the walk.
fn root<'a>(table: &'a TableFacts, by_name: &BTreeMap<&RelationName, &'a TableFacts>) -> &'a TableFacts {
    let mut top = table;
    for _ in 0..by_name.len() {
        match top.parent.as_ref().and_then(|parent| by_name.get(parent)) {
            Some(parent) => top = parent,
            None => break,
        }
    }
    top
}

fn relation<'a>(table: &'a TableFacts, catalog: &'a Catalog) -> Relation<'a> {
    Relation {
        facts: table,
        partitions: Vec::new(),
        indexes: catalog.indexes.iter().filter(|index| index.table == table.name).collect(),
        rows: 1.0,
        pages: 1.0,
        all_visible_ratio: 0.0,
    }
}

fn measure(relation: &mut Relation<'_>) {
    let parts: &[&TableFacts] =
        if relation.partitions.is_empty() { &[relation.facts] } else { &relation.partitions };
    let pages: f64 = parts.iter().map(|part| part.pages as f64).sum();
    let visible: f64 = parts.iter().map(|part| part.pages as f64 * part.all_visible_ratio).sum();
    relation.rows = parts.iter().map(|part| rows_of(part)).sum::<f64>().max(1.0);
    relation.pages = pages.max(1.0);
    relation.all_visible_ratio = (visible / pages.max(1.0)).clamp(0.0, 1.0);
}

/// What the planner takes for the number of rows; what was counted where it was never analysed.
fn rows_of(table: &TableFacts) -> f64 {
    let counted = || table.counters.as_ref().map_or(0.0, |counters| counters.live_rows as f64);
    table.row_estimate.filter(|rows| rows.is_finite() && *rows >= 0.0).unwrap_or_else(counted)
}
