//! Sequences. Their last values need `SELECT` on them.
//!
//! `pg_sequences` is not asked: its function takes a ROW EXCLUSIVE lock on each sequence. Selecting from the sequence
//! itself takes ACCESS SHARE.

use std::collections::HashMap;

use aforo_model::database::{RelationName, SequenceFacts, Skipped};
use serde::Deserialize;

use super::named;
use crate::postgres::error::DatabaseError;
use crate::postgres::rights::Rights;
use crate::postgres::session::Session;

/// Sequences whose values one statement asks for.
const CHUNK: usize = 200;

/// A column is fed by a sequence that its default depends on, else by one that it owns. A sequence that is not logged
/// cannot be read on a standby.
const SEQUENCES: &str = "SELECT s.seqrelid::int8 AS oid, json_build_object('schema', n.nspname, 'name', c.relname) AS name, \
    format('%I.%I', n.nspname, c.relname) AS quoted, \
    has_table_privilege(c.oid, 'SELECT') AND NOT (pg_is_in_recovery() AND c.relpersistence = 'u') AS is_readable, \
    CASE WHEN f.attname IS NOT NULL THEN \
        json_build_array(json_build_object('schema', f.nspname, 'name', f.relname), f.attname) END AS feeds, \
    CASE f.atttypid WHEN 'int2'::regtype THEN LEAST(s.seqmax, 32767) WHEN 'int4'::regtype \
        THEN LEAST(s.seqmax, 2147483647) ELSE s.seqmax END AS max_value \
    FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    LEFT JOIN LATERAL (SELECT tn.nspname, tc.relname, a.attname, a.atttypid \
        FROM (SELECT e.adrelid AS relation, e.adnum AS number, 0 AS rank FROM pg_catalog.pg_depend d \
                JOIN pg_catalog.pg_attrdef e ON e.oid = d.objid \
                WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass \
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = s.seqrelid \
            UNION ALL SELECT d.refobjid, d.refobjsubid, 1 FROM pg_catalog.pg_depend d \
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.seqrelid \
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0 \
                AND d.deptype IN ('a', 'i')) AS fed \
        JOIN pg_catalog.pg_class tc ON tc.oid = fed.relation JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = fed.relation AND a.attnum = fed.number \
        ORDER BY fed.rank, fed.relation, fed.number LIMIT 1) AS f ON true \
    WHERE n.nspname !~ '^pg_temp' ORDER BY n.nspname, c.relname";

#[derive(Deserialize)]
struct Row {
    oid: u32,
    name: RelationName,
    quoted: String,
    is_readable: bool,
    feeds: Option<(RelationName, String)>,
    max_value: i64,
}

#[derive(Deserialize)]
struct Value {
    oid: u32,
    last_value: Option<i64>,
}

/// Every sequence, and whether there are some whose values are not known.
pub(super) async fn read(
    session: &mut Session,
    rights: &Rights,
) -> Result<(Vec<SequenceFacts>, Option<Skipped>), DatabaseError> {
    let rows: Vec<Row> = session.values("its sequences", SEQUENCES).await?;
    let (values, failure) = match last_values(session, &rows).await {
        Ok(values) => (values, None),
        Err(error) => (HashMap::new(), Some(error.into_skipped("sequence-values"))),
    };
    let skipped = failure.or_else(|| unread(rights, &rows));
    let facts = |row: Row| SequenceFacts {
        last_value: values.get(&row.oid).copied().flatten(),
        name: row.name,
        feeds: row.feeds,
        max_value: row.max_value,
    };
    Ok((rows.into_iter().map(facts).collect(), skipped))
}

async fn last_values(
    session: &mut Session,
    rows: &[Row],
) -> Result<HashMap<u32, Option<i64>>, DatabaseError> {
    let readable: Vec<&Row> = rows.iter().filter(|row| row.is_readable).collect();
    let mut values = HashMap::new();
    for chunk in readable.chunks(CHUNK) {
        let selects = chunk.iter().map(|row| {
            let Row { oid, quoted, .. } = row;
            format!("SELECT {oid}::int8 AS oid, CASE WHEN is_called THEN last_value END AS last_value FROM {quoted}")
        });
        let sql = selects.collect::<Vec<String>>().join(" UNION ALL ");
        let read: Vec<Value> = session.values("the values of its sequences", &sql).await?;
        values.extend(read.into_iter().map(|value| (value.oid, value.last_value)));
    }
    Ok(values)
}

fn unread(rights: &Rights, rows: &[Row]) -> Option<Skipped> {
    let unreadable: Vec<&Row> = rows.iter().filter(|row| !row.is_readable).collect();
    let first = unreadable.first()?;
    let names: Vec<String> = unreadable.iter().map(|row| row.quoted.clone()).collect();
    Some(Skipped {
        what: "sequence-values".to_owned(),
        why: format!("role {} may not read {}", rights.role, named(&names)),
        remedy: format!("GRANT SELECT ON {} TO {}", first.quoted, rights.role),
    })
}
