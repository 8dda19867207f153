//! `missing-foreign-key-index`
//!
//! **What:** foreign keys whose columns no valid index of their table begins with, in whatever order.
//! **Why it hurts:** each row deleted from the other table, and each change of its key, reads this table from end to end,
//! holding locks.
//! **Threshold:** a table of 10,000 rows and more is a warning; critical where the other table also had rows deleted or
//! updated since the counters were reset. Source: `PgHero` for the number of rows of a table worth an index.
//! **Remedy:** an index on the columns.

use aforo_model::Severity;
use aforo_model::database::{
    Catalog, CheckArea, ConstraintFacts, DatabaseEvidence, IndexFacts, TableFacts, TableKind,
    quoted as quoted_name,
};

use crate::database::check::{CheckReading, DatabaseCheck, about_table, those_or_fine};
use crate::database::parts;
use crate::database::remedies::quoted;

/// Smaller tables are read in a few milliseconds.
const SMALLEST_ROWS: f64 = 10_000.0;

pub(super) const CHECK: DatabaseCheck = DatabaseCheck {
    code: "missing-foreign-key-index",
    area: CheckArea::Indexes,
    weight: 3.0,
    summary: "foreign keys without an index",
    reads: "pg_constraint, pg_index, pg_stat_all_tables",
    threshold: "10,000 rows are a warning; critical where rows referred to are deleted",
    source: "PgHero",
    run,
};

fn run(evidence: &DatabaseEvidence) -> CheckReading {
    let catalog = parts::catalog(evidence)?;
    let foreign_keys: Vec<&ConstraintFacts> =
        catalog.constraints.iter().filter(|each| each.foreign_key.is_some()).collect();
    let outstanding = foreign_keys.iter().filter_map(|constraint| {
        let table = table_of(catalog, constraint)?;
        let rows = rows_of(table);
        let has_index = catalog
            .indexes
            .iter()
            .any(|index| index.table == constraint.table && serves(index, &constraint.columns));
        if has_index || rows < SMALLEST_ROWS {
            return None;
        }
        let deletes = deletes(catalog, constraint);
        let what = match deletes {
            0 => {
                "none was deleted there since the counters were reset, and each that is will read".to_owned()
            }
            deletes => format!("each of {deletes} rows deleted there read"),
        };
        let columns: Vec<String> = constraint.columns.iter().map(|column| quoted_name(column)).collect();
        let concurrently = if table.kind == TableKind::Partitioned { "" } else { " CONCURRENTLY" };
        Some(about_table(
            &constraint.table,
            if deletes > 0 { Severity::Critical } else { Severity::Warning },
            format!(
                "no index of {} begins with ({}), which refers to another table: {what} {rows:.0} rows here",
                quoted(&constraint.table),
                columns.join(", ")
            ),
            format!("CREATE INDEX{concurrently} ON {} ({});", quoted(&constraint.table), columns.join(", ")),
            &[("rows", rows), ("referenced_deletes", deletes as f64)],
        ))
    });
    those_or_fine(
        outstanding.collect(),
        format!("each of {} foreign keys has an index or a small table", foreign_keys.len()),
    )
}

fn table_of<'a>(catalog: &'a Catalog, constraint: &ConstraintFacts) -> Option<&'a TableFacts> {
    catalog.tables.iter().find(|table| table.name == constraint.table)
}

fn rows_of(table: &TableFacts) -> f64 {
    let counted = table.counters.as_ref().map_or(0.0, |counters| counters.live_rows as f64);
    table.row_estimate.unwrap_or(counted)
}

/// Rows deleted from the table that is referred to.
fn deletes(catalog: &Catalog, constraint: &ConstraintFacts) -> u64 {
    let referred = constraint.foreign_key.as_ref().map(|foreign_key| &foreign_key.table);
    let table = catalog.tables.iter().find(|table| Some(&table.name) == referred);
    table.and_then(|table| table.counters.as_ref()).map_or(0, |counters| counters.deletes)
}

/// Whether the first keys are the columns, in whatever order, for all rows or all that are not null.
fn serves(index: &IndexFacts, columns: &[String]) -> bool {
    let first = index.keys.iter().take(columns.len());
    let names: Vec<&String> = first.filter_map(|key| key.column.as_ref()).collect();
    let is_whole = index.predicate.as_ref().is_none_or(|predicate| predicate.ends_with("IS NOT NULL)"));
    index.is_valid
        && is_whole
        && matches!(index.method.as_str(), "btree" | "hash")
        && names.len() == columns.len()
        && columns.iter().all(|column| names.contains(&column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::fixtures::{Fixture, index};
    use aforo_model::database::{ConstraintKind, ForeignKey, Grade};

    fn grade_of(rows: f64, deletes: u64, indexes: &[IndexFacts]) -> Grade {
        let spoil = |evidence: &mut DatabaseEvidence| {
            let catalog = evidence.catalog.as_mut().unwrap();
            let mut stays = catalog.tables[0].clone();
            stays.name.name = "stays".to_owned();
            stays.row_estimate = Some(rows);
            if let Some(counters) = catalog.tables[0].counters.as_mut() {
                counters.deletes = deletes;
            }
            let foreign_key = ForeignKey {
                table: catalog.tables[0].name.clone(),
                columns: vec!["id".to_owned()],
                on_delete: "CASCADE".to_owned(),
            };
            catalog.constraints = vec![ConstraintFacts {
                kind: ConstraintKind::ForeignKey,
                table: stays.name.clone(),
                columns: vec!["guest_id".to_owned(), "night".to_owned()],
                foreign_key: Some(foreign_key),
                ..catalog.constraints[0].clone()
            }];
            catalog.indexes = indexes
                .iter()
                .map(|index| IndexFacts { table: stays.name.clone(), ..index.clone() })
                .collect();
            catalog.tables.push(stays);
        };
        Fixture::healthy().with(spoil).grade(&CHECK)
    }

    #[test]
    fn a_large_table_without_one_is_warned_of_and_deletions_make_it_critical() {
        assert_eq!(grade_of(10_000.0, 0, &[]), Grade::Warning);
        assert_eq!(grade_of(10_000.0, 5, &[]), Grade::Critical);
        assert_eq!(grade_of(10_000.0, 0, &[index("wrong", &["guest_id", "price"])]), Grade::Warning);
    }

    #[test]
    fn a_small_table_or_an_index_in_any_order_will_do() {
        assert_eq!(grade_of(9_999.0, 5, &[]), Grade::Ok);
        assert_eq!(grade_of(10_000.0, 5, &[index("right", &["night", "guest_id", "price"])]), Grade::Ok);
        let mut partial = index("partial", &["guest_id", "night"]);
        partial.predicate = Some("(price > 0)".to_owned());
        assert_eq!(grade_of(10_000.0, 5, &[partial]), Grade::Critical);
    }

    #[test]
    fn without_foreign_keys_there_is_nothing_to_miss() {
        assert_eq!(Fixture::healthy().grade(&CHECK), Grade::Ok);
    }
}
