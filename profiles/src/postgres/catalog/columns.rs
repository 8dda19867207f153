//! Columns and the planner's statistics. The statistics need `SELECT` on the table, or on the column.

use std::collections::HashMap;

use aforo_model::database::{ColumnFacts, Skipped, TableFacts};
use serde::Deserialize;

use super::{SCOPE, named};
use crate::postgres::error::DatabaseError;
use crate::postgres::rights::Rights;
use crate::postgres::session::Session;

/// Of a table with children there are two statistics, with and without them; a partitioned table has only the first.
const COLUMNS: &str = "statistics AS MATERIALIZED (SELECT DISTINCT ON (schemaname, tablename, attname) * \
        FROM pg_catalog.pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
        ORDER BY schemaname, tablename, attname, inherited) \
    SELECT a.attrelid::int8 AS oid, a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type_name, \
    CASE WHEN a.attlen > 0 THEN a.attlen END AS fixed_bytes, NOT a.attnotnull AS is_nullable, \
    CASE WHEN s.attname IS NOT NULL THEN json_build_object( \
        'null_ratio', s.null_frac, 'average_bytes', s.avg_width, 'distinct', s.n_distinct, \
        'correlation', s.correlation, \
        'common_values', COALESCE(s.most_common_vals::text::text[], '{}'), \
        'common_ratios', COALESCE(s.most_common_freqs, '{}'), \
        'histogram_bounds', COALESCE(s.histogram_bounds::text::text[], '{}')) END AS statistics \
    FROM scope t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN statistics s ON s.schemaname = t.nspname AND s.tablename = t.relname AND s.attname = a.attname \
    ORDER BY a.attrelid, a.attnum";

/// Tables whose statistics the role may not see, for want of a grant or because of row security.
const HIDDEN: &str = "SELECT format('%I.%I', nspname, relname) AS name, format('%I', nspname) AS schema, \
    has_any_column_privilege(oid, 'SELECT') AS is_row_secured, \
    to_regrole('pg_read_all_data') IS NOT NULL AS has_reading_role FROM scope \
    WHERE NOT has_any_column_privilege(oid, 'SELECT') OR row_security_active(oid) ORDER BY 1";

#[derive(Deserialize)]
struct Row {
    oid: u32,
    #[serde(flatten)]
    column: ColumnFacts,
}

#[derive(Deserialize)]
struct Hidden {
    name: String,
    schema: String,
    is_row_secured: bool,
    has_reading_role: bool,
}

/// Gives each table its columns, and says of which tables there are no statistics.
pub(super) async fn read(
    session: &mut Session,
    rights: &Rights,
    tables: &mut [TableFacts],
) -> Result<Vec<Skipped>, DatabaseError> {
    let rows: Vec<Row> = session.values("its columns", &format!("{SCOPE}, {COLUMNS}")).await?;
    let mut columns: HashMap<u32, Vec<ColumnFacts>> = HashMap::new();
    for row in rows {
        columns.entry(row.oid).or_default().push(row.column);
    }
    for table in tables {
        table.columns = columns.remove(&table.oid).unwrap_or_default();
    }
    let hidden = session.values("which statistics it hides", &format!("{SCOPE}{HIDDEN}")).await?;
    Ok(skipped(rights, hidden))
}

fn skipped(rights: &Rights, hidden: Vec<Hidden>) -> Vec<Skipped> {
    let (secured, ungranted): (Vec<Hidden>, Vec<Hidden>) =
        hidden.into_iter().partition(|table| table.is_row_secured);
    let names =
        |tables: &[Hidden]| named(&tables.iter().map(|table| table.name.clone()).collect::<Vec<String>>());
    let mut skipped = Vec::new();
    if let Some(first) = ungranted.first() {
        skipped.push(Skipped {
            what: "column-statistics".to_owned(),
            why: format!("role {} may not read {}", rights.role, names(&ungranted)),
            remedy: match first.has_reading_role {
                true => format!("GRANT pg_read_all_data TO {}", rights.role),
                false => format!("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}", first.schema, rights.role),
            },
        });
    }
    if !secured.is_empty() {
        skipped.push(Skipped {
            what: "row-secured-statistics".to_owned(),
            why: format!(
                "row security hides the statistics of {} from role {}",
                names(&secured),
                rights.role
            ),
            remedy: format!("ALTER ROLE {} BYPASSRLS", rights.role),
        });
    }
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, is_row_secured: bool, has_reading_role: bool) -> Hidden {
        Hidden { name: name.to_owned(), schema: "public".to_owned(), is_row_secured, has_reading_role }
    }

    #[test]
    fn hidden_statistics_name_the_grant_that_the_version_has() {
        let rights = Rights { role: "guest".to_owned(), sees_other_roles: false, sees_all_settings: false };
        assert_eq!(skipped(&rights, Vec::new()), []);
        let later = skipped(&rights, vec![table("public.a", false, true)]);
        assert_eq!(later[0].remedy, "GRANT pg_read_all_data TO guest");
        let earlier = skipped(&rights, vec![table("public.a", false, false)]);
        assert_eq!(earlier[0].remedy, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest");
        let secured = skipped(&rights, vec![table("public.a", true, true)]);
        assert_eq!((secured.len(), secured[0].remedy.as_str()), (1, "ALTER ROLE guest BYPASSRLS"));
    }
}
