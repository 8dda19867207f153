//! Constraints. `NOT NULL` (a constraint from 18 on) is a property of the column.

use aforo_model::database::ConstraintFacts;

use super::SCOPE;
use crate::postgres::error::DatabaseError;
use crate::postgres::session::Session;

/// The index of a foreign key is the one of the table it refers to, so it is not named.
const CONSTRAINTS: &str = "SELECT k.conname AS name, json_build_object('schema', t.nspname, 'name', t.relname) AS table, \
    CASE k.contype WHEN 'p' THEN 'primary-key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign-key' \
        WHEN 'c' THEN 'check' ELSE 'exclusion' END AS kind, \
    COALESCE((SELECT json_agg(a.attname ORDER BY u.number) \
        FROM unnest(k.conkey) WITH ORDINALITY AS u (attribute, number) \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attribute), '[]') AS columns, \
    CASE WHEN k.contype = 'f' THEN json_build_object( \
        'table', (SELECT json_build_object('schema', n.nspname, 'name', c.relname) FROM pg_catalog.pg_class c \
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = k.confrelid), \
        'columns', (SELECT json_agg(a.attname ORDER BY u.number) \
            FROM unnest(k.confkey) WITH ORDINALITY AS u (attribute, number) \
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attribute), \
        'on_delete', CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' \
            WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END) END AS foreign_key, \
    k.convalidated AS is_validated, \
    CASE WHEN k.contype IN ('p', 'u', 'x') THEN (SELECT json_build_object('schema', n.nspname, 'name', c.relname) \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.oid = k.conindid) END AS index, \
    pg_get_constraintdef(k.oid) AS definition \
    FROM scope t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid \
    WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') ORDER BY t.nspname, t.relname, k.conname";

pub(super) async fn read(session: &mut Session) -> Result<Vec<ConstraintFacts>, DatabaseError> {
    session.values("its constraints", &format!("{SCOPE}{CONSTRAINTS}")).await
}
