//! Names of a statement found in the catalog: which column of which table is meant.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::{Catalog, ColumnFacts, IndexColumn};
use aforo_sql::{ColumnUse, Comparand, OrderKey, PredicateKind, Shape, StatementKind, TableUse};

use super::relations::{Relation, Relations};

/// A statement by the tables of the catalog.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) kind: StatementKind,
    /// Every mention of a table that is in the catalog.
    pub(crate) mentions: Vec<Mention>,
    /// Whether the outermost query has a limit.
    pub(crate) is_limited: bool,
    /// Columns that it gives a value.
    pub(crate) written_columns: Vec<String>,
}

/// One mention of a table in a statement, and what is done with it there.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    /// Its place in [`Relations`].
    pub(crate) relation: usize,
    pub(crate) is_written: bool,
    /// Conditions on its columns that an index could serve, or that rows must still pass.
    pub(crate) filters: Vec<Filter>,
    pub(crate) joins: Vec<JoinColumn>,
    /// The order asked for, where it is all of this table.
    pub(crate) order: Vec<IndexColumn>,
    /// What is grouped by.
    pub(crate) groups: Vec<String>,
    /// Every column of it that is named.
    pub(crate) columns: BTreeSet<String>,
    /// Whether every column is asked for.
    pub(crate) is_whole: bool,
}

/// One condition on a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter {
    pub(crate) column: String,
    pub(crate) kind: PredicateKind,
    pub(crate) operator: String,
    pub(crate) comparand: Comparand,
}

/// A column made equal to one of another mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinColumn {
    pub(crate) column: String,
    pub(crate) other: usize,
    pub(crate) other_column: String,
}

impl Mention {
    /// Columns by which an index can find, join, sort or group rows.
    pub(crate) fn key_columns(&self) -> impl Iterator<Item = &str> {
        let filters = self.filters.iter().filter(|filter| filter.kind != PredicateKind::Other);
        filters
            .map(|filter| filter.column.as_str())
            .chain(self.joins.iter().map(|join| join.column.as_str()))
            .chain(self.order.iter().map(|key| key.name.as_str()))
            .chain(self.groups.iter().map(String::as_str))
    }
}

/// Finds what the statement names; what is not in the catalog, such as columns of sub-queries, is left out.
pub(crate) fn resolve(shape: &Shape, relations: &Relations<'_>, search_path: &[String]) -> Resolved {
    let mut resolver = Resolver::new(shape, relations, search_path);
    resolver.columns(shape);
    resolver.filters(shape);
    resolver.joins(shape);
    resolver.order(&shape.order_by);
    Resolved {
        kind: shape.kind,
        mentions: resolver.mentions,
        is_limited: shape.is_limited,
        written_columns: shape.written_columns.iter().map(|column| column.name.clone()).collect(),
    }
}

/// The columns that parameters are compared with, by the number of the parameter, as far as they are in the catalog.
pub(crate) fn parameter_columns<'c>(
    shape: &Shape,
    catalog: &'c Catalog,
    search_path: &[String],
) -> BTreeMap<u32, &'c ColumnFacts> {
    let relations = Relations::of(catalog);
    let resolver = Resolver::new(shape, &relations, search_path);
    let facts = |column: &ColumnUse| {
        let relation = resolver.mentions[resolver.owner(column)?].relation;
        relations.get(relation).column(&column.name)
    };
    let columns = shape.parameter_columns.iter();
    columns.filter_map(|(number, column)| Some((*number, facts(column)?))).collect()
}

fn mention(table: &TableUse, relation: usize) -> Mention {
    Mention {
        relation,
        is_written: table.is_written,
        filters: Vec::new(),
        joins: Vec::new(),
        order: Vec::new(),
        groups: Vec::new(),
        columns: BTreeSet::new(),
        is_whole: false,
    }
}

struct Resolver<'s, 'c> {
    tables: Vec<(&'s TableUse, usize)>,
    mentions: Vec<Mention>,
    relations: &'s Relations<'c>,
}

impl<'s, 'c> Resolver<'s, 'c> {
    fn new(shape: &'s Shape, relations: &'s Relations<'c>, search_path: &[String]) -> Self {
        let tables: Vec<(&TableUse, usize)> = shape
            .tables
            .iter()
            .filter_map(|table| {
                Some((table, relations.find(table.schema.as_deref(), &table.name, search_path)?))
            })
            .collect();
        let mentions = tables.iter().map(|(table, relation)| mention(table, *relation)).collect();
        Self { tables, mentions, relations }
    }

    /// The mention a column belongs to: by its qualifier, else the one table that has such a column; in its own query first,
    /// then in those around it.
    fn owner(&self, column: &ColumnUse) -> Option<usize> {
        let fits = |place: &usize| {
            let (table, relation) = self.tables[*place];
            let named = column.qualifier.as_ref().is_none_or(|name| *name == table.alias);
            named && self.relation(relation).column(&column.name).is_some()
        };
        let all = || (0..self.tables.len()).filter(fits);
        let own: Vec<usize> = all().filter(|place| self.tables[*place].0.query == column.query).collect();
        match own.as_slice() {
            [place] => Some(*place),
            // Queries around a query have lower numbers; the nearest wins.
            [] => all().rfind(|place| self.tables[*place].0.query < column.query),
            _ => None,
        }
    }

    fn relation(&self, place: usize) -> &Relation<'c> {
        self.relations.get(place)
    }

    fn columns(&mut self, shape: &Shape) {
        for column in &shape.columns {
            if let Some(owner) = self.owner(column) {
                self.mentions[owner].columns.insert(column.name.clone());
            }
        }
        for column in &shape.group_by {
            if let Some(owner) = self.owner(column) {
                self.mentions[owner].groups.push(column.name.clone());
            }
        }
        for mention in &mut self.mentions {
            mention.is_whole = shape.reads_whole_rows || shape.locks_rows || mention.is_written;
        }
    }

    fn filters(&mut self, shape: &Shape) {
        for predicate in &shape.predicates {
            let Some(owner) = self.owner(&predicate.column) else { continue };
            // What is around the column hides it from an index on the column alone.
            let kind = if predicate.expression.is_some() { PredicateKind::Other } else { predicate.kind };
            self.mentions[owner].columns.insert(predicate.column.name.clone());
            self.mentions[owner].filters.push(Filter {
                column: predicate.column.name.clone(),
                kind,
                operator: predicate.operator.clone(),
                comparand: predicate.comparand.clone(),
            });
        }
    }

    fn joins(&mut self, shape: &Shape) {
        for join in &shape.joins {
            let (Some(left), Some(right)) = (self.owner(&join.left), self.owner(&join.right)) else {
                continue;
            };
            for (place, column, other, other_column) in
                [(left, &join.left, right, &join.right), (right, &join.right, left, &join.left)]
            {
                let mention = &mut self.mentions[place];
                mention.columns.insert(column.name.clone());
                mention.joins.push(JoinColumn {
                    column: column.name.clone(),
                    other,
                    other_column: other_column.name.clone(),
                });
            }
        }
    }

    /// The order of each query, kept only where one table gives all of it.
    fn order(&mut self, keys: &[OrderKey]) {
        let queries: BTreeSet<usize> = keys.iter().map(|key| key.column.query).collect();
        for query in queries {
            let own: Vec<&OrderKey> = keys.iter().filter(|key| key.column.query == query).collect();
            let owners: Vec<Option<usize>> = own.iter().map(|key| self.owner(&key.column)).collect();
            let Some(first) = owners.first().copied().flatten() else { continue };
            if owners.iter().all(|owner| *owner == Some(first)) {
                self.mentions[first].order = own
                    .iter()
                    .map(|key| IndexColumn {
                        is_descending: key.is_descending,
                        nulls_first: key.nulls_first,
                        ..IndexColumn::ascending(key.column.name.clone())
                    })
                    .collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_advice::fixtures::{catalog, reservations, table};
    use aforo_model::database::{RelationName, TableKind};
    use aforo_sql::{Join, Predicate};

    fn used(query: usize, qualifier: Option<&str>, name: &str) -> ColumnUse {
        ColumnUse { query, qualifier: qualifier.map(str::to_owned), name: name.to_owned() }
    }

    fn mentioned(query: usize, schema: Option<&str>, name: &str, alias: &str) -> TableUse {
        TableUse {
            query,
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            alias: alias.to_owned(),
            is_written: false,
        }
    }

    fn equal(column: ColumnUse) -> Predicate {
        Predicate {
            column,
            kind: PredicateKind::Equal,
            operator: "=".to_owned(),
            comparand: Comparand::Parameter(1),
            expression: None,
        }
    }

    fn path() -> Vec<String> {
        vec!["sales".to_owned(), "public".to_owned()]
    }

    #[test]
    fn names_are_found_on_the_search_path_and_the_first_schema_wins() {
        let mut other = table("orders", 10.0, &["id"]);
        other.name.schema = "sales".to_owned();
        let catalog = catalog(&[table("orders", 10.0, &["id"]), other]);
        let relations = Relations::of(&catalog);
        let schema_of = |schema: Option<&str>| {
            let place = relations.find(schema, "orders", &path())?;
            Some(relations.get(place).facts.name.schema.clone())
        };
        assert_eq!(schema_of(None).as_deref(), Some("sales"));
        assert_eq!(schema_of(Some("public")).as_deref(), Some("public"));
        assert_eq!(schema_of(Some("absent")), None);
    }

    #[test]
    fn an_unqualified_column_is_the_one_tables_that_has_it() {
        let catalog = catalog(&[table("a", 10.0, &["id", "x"]), table("b", 10.0, &["id", "y"])]);
        let relations = Relations::of(&catalog);
        let shape = Shape {
            tables: vec![mentioned(0, None, "a", "a"), mentioned(0, None, "b", "other")],
            predicates: vec![
                equal(used(0, None, "y")),
                equal(used(0, None, "id")),
                equal(used(0, Some("other"), "id")),
                equal(used(0, Some("nobody"), "id")),
            ],
            joins: vec![Join { left: used(0, Some("a"), "id"), right: used(0, Some("other"), "id") }],
            ..Shape::default()
        };
        let resolved = resolve(&shape, &relations, &path());
        let columns = |place: usize| {
            let filters = resolved.mentions[place].filters.iter();
            filters.map(|filter| filter.column.as_str()).collect::<Vec<_>>()
        };
        // `id` alone belongs to either, so to neither.
        assert_eq!((columns(0), columns(1)), (vec![], vec!["y", "id"]));
        assert_eq!(resolved.mentions[0].joins[0].other, 1);
    }

    #[test]
    fn a_correlated_column_belongs_to_the_query_around() {
        let catalog = catalog(&[table("a", 10.0, &["x"]), table("b", 10.0, &["y"])]);
        let relations = Relations::of(&catalog);
        let shape = Shape {
            tables: vec![mentioned(0, None, "a", "a"), mentioned(1, None, "b", "b")],
            joins: vec![Join { left: used(1, None, "y"), right: used(1, None, "x") }],
            ..Shape::default()
        };
        let resolved = resolve(&shape, &relations, &path());
        assert_eq!(resolved.mentions[1].joins[0].other, 0);
    }

    #[test]
    fn a_partition_stands_for_its_table() {
        let mut parent = table("events", 0.0, &["id"]);
        parent.kind = TableKind::Partitioned;
        parent.pages = 0;
        let part = |name: &str| {
            let mut part = table(name, 1000.0, &["id"]);
            part.parent = Some(RelationName { schema: "public".to_owned(), name: "events".to_owned() });
            part
        };
        let catalog = catalog(&[parent, part("events_1"), part("events_2")]);
        let relations = Relations::of(&catalog);
        let place = relations.find(None, "events_2", &path()).unwrap();
        assert_eq!(relations.get(place).facts.name.name, "events");
        assert_eq!((relations.get(place).rows, relations.get(place).partitions.len()), (2000.0, 2));
    }

    #[test]
    fn an_order_over_two_tables_is_no_ones() {
        let catalog = catalog(&[reservations(100.0), table("b", 10.0, &["y"])]);
        let relations = Relations::of(&catalog);
        let key =
            |name: &str| OrderKey { column: used(0, None, name), is_descending: true, nulls_first: true };
        let mut shape = Shape {
            tables: vec![mentioned(0, None, "reservations", "reservations"), mentioned(0, None, "b", "b")],
            order_by: vec![key("created_at"), key("y")],
            ..Shape::default()
        };
        let order = |shape: &Shape| resolve(shape, &relations, &path()).mentions[0].order.len();
        assert_eq!(order(&shape), 0);
        shape.order_by.pop();
        assert_eq!(order(&shape), 1);
    }
}
