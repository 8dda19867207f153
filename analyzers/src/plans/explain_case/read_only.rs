//! Whether executing a statement provably changes nothing, by its text and by what the catalog has.
//!
//! A `READ ONLY` transaction alone does not do: functions may still take advisory locks, send notifications or end sessions in it. So
//! everything a statement calls, named or not, must be Postgres' own and harmless, or an extension's and immutable. A function that
//! a user wrote may be declared immutable and do anything all the same. Policies of row security are kept out by
//! the session (`row_security = off`).

use aforo_model::database::{Catalog, FunctionFacts, NotExecuted, NotExecutedKind, TableKind, Volatility};
use aforo_sql::{ColumnUse, FunctionUse, Shape, TableUse, is_provably_read_only};

/// The reason in the words of the report.
pub(super) fn not_proven(why: &str) -> NotExecuted {
    NotExecuted { kind: NotExecutedKind::NotReadOnly, why: format!("not proven read-only: {why}") }
}

/// # Errors
/// The first reason against it.
pub(super) fn prove(shape: &Shape, catalog: &Catalog, search_path: &[String]) -> Result<(), NotExecuted> {
    is_provably_read_only(shape, |function| is_vouched_for(function, catalog))
        .map_err(|why| not_proven(&why.to_string()))?;
    if let Some(function) = shape.functions.iter().find(|function| is_shadowed(function, catalog)) {
        return Err(not_proven(&format!("a function of this database is called {}, too", function.name)));
    }
    // `row.name` calls a function of that name where the table has no such column.
    let is_function = |column: &&ColumnUse| {
        catalog.functions.iter().any(|facts| facts.name.name == column.name && !is_trusted(facts))
    };
    if let Some(column) = shape.columns.iter().find(is_function) {
        return Err(not_proven(&format!(
            "a function of this database is called {}, as a column is",
            column.name
        )));
    }
    for table in &shape.tables {
        prove_table(table, catalog, search_path).map_err(|why| not_proven(&why))?;
    }
    let unnamed = |function: &&FunctionFacts| function.is_called_unnamed && !function.is_from_extension;
    match catalog.functions.iter().find(unnamed) {
        Some(function) => Err(not_proven(&format!(
            "operators or casts of this database call {}.{}(), and statements do not show them",
            function.name.schema, function.name.name
        ))),
        None => Ok(()),
    }
}

/// Functions of the catalog that may be meant.
fn meant<'c>(function: &FunctionUse, catalog: &'c Catalog) -> impl Iterator<Item = &'c FunctionFacts> {
    let (schema, name) = (function.schema.clone(), function.name.clone());
    catalog.functions.iter().filter(move |facts| {
        facts.name.name == name && schema.as_ref().is_none_or(|schema| *schema == facts.name.schema)
    })
}

fn is_trusted(facts: &FunctionFacts) -> bool {
    facts.is_from_extension && facts.volatility == Volatility::Immutable
}

/// All that may be meant are trusted; the types of arguments, which would tell them apart, are not known.
fn is_vouched_for(function: &FunctionUse, catalog: &Catalog) -> bool {
    meant(function, catalog).next().is_some() && meant(function, catalog).all(is_trusted)
}

/// Whether one of Postgres' own may be another one: with the types of a call, a user's function of the same name may fit better.
fn is_shadowed(function: &FunctionUse, catalog: &Catalog) -> bool {
    meant(function, catalog).any(|facts| !is_trusted(facts))
}

/// A view, which may call anything, is not in the catalog. One that lies in an earlier schema of the search path hides a table
/// that is, so a name without a schema must be found in the first.
fn prove_table(table: &TableUse, catalog: &Catalog, search_path: &[String]) -> Result<(), String> {
    let schema = table.schema.as_ref().or(search_path.first());
    let found = catalog
        .tables
        .iter()
        .find(|facts| facts.name.name == table.name && Some(&facts.name.schema) == schema)
        .ok_or_else(|| match table.schema {
            Some(_) => format!("{} is no table that was read; a view may call anything", table.name),
            None => format!(
                "{} is no table of the first schema of the search path; a view may call anything",
                table.name
            ),
        })?;
    let has_foreign_part = found.kind == TableKind::Partitioned
        && catalog.tables.iter().any(|part| part.kind == TableKind::Foreign && part.parent.is_some());
    if found.kind == TableKind::Foreign || has_foreign_part {
        return Err(format!("{} is read from another server", table.name));
    }
    Ok(())
}
