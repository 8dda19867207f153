//! Indexes with their keys and counters.

use aforo_model::database::IndexFacts;

use super::SCOPE;
use crate::postgres::error::DatabaseError;
use crate::postgres::session::Session;

/// `indoption`: 1 descending, 2 nulls first. Collation 100 is the default one. Keys come before included columns.
const INDEXES: &str = "counters AS MATERIALIZED (SELECT s.*, to_jsonb(s) AS row FROM pg_catalog.pg_stat_all_indexes s), \
    parts AS MATERIALIZED (SELECT i.indexrelid, \
        json_agg(json_build_object('column', a.attname, \
            'definition', pg_get_indexdef(i.indexrelid, k.number::int, false), \
            'operator_class', CASE WHEN NOT o.opcdefault THEN format('%I.%I', opn.nspname, o.opcname) END, \
            'collation', CASE WHEN k.collating NOT IN (0, COALESCE(a.attcollation, 100)) \
                THEN format('%I.%I', con.nspname, co.collname) END, \
            'is_descending', k.option & 1 = 1, 'nulls_first', k.option & 2 = 2) ORDER BY k.number) \
            FILTER (WHERE k.number <= i.indnkeyatts) AS keys, \
        json_agg(a.attname ORDER BY k.number) FILTER (WHERE k.number > i.indnkeyatts) AS included \
        FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid CROSS JOIN LATERAL \
        unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[]) \
            WITH ORDINALITY AS k (attribute, class, collating, option, number) \
        LEFT JOIN pg_catalog.pg_opclass o ON o.oid = k.class \
        LEFT JOIN pg_catalog.pg_namespace opn ON opn.oid = o.opcnamespace \
        LEFT JOIN pg_catalog.pg_collation co ON co.oid = k.collating \
        LEFT JOIN pg_catalog.pg_namespace con ON con.oid = co.collnamespace \
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute AND k.attribute <> 0 \
        GROUP BY i.indexrelid) \
    SELECT c.oid::int8 AS oid, json_build_object('schema', n.nspname, 'name', c.relname) AS name, \
    json_build_object('schema', t.nspname, 'name', t.relname) AS table, \
    (SELECT json_build_object('schema', hn.nspname, 'name', hc.relname) FROM pg_catalog.pg_inherits h \
        JOIN pg_catalog.pg_class hc ON hc.oid = h.inhparent \
        JOIN pg_catalog.pg_namespace hn ON hn.oid = hc.relnamespace WHERE h.inhrelid = c.oid) AS parent, \
    m.amname AS method, \
    p.keys, COALESCE(p.included, '[]') AS included, pg_get_expr(i.indpred, i.indrelid) AS predicate, \
    pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS is_unique, i.indisprimary AS is_primary, \
    EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.conindid = c.oid AND x.contype IN ('p', 'u', 'x')) \
        AS is_constraint, \
    i.indisvalid AS is_valid, i.indisready AS is_ready, COALESCE(pg_relation_size(c.oid), 0) AS bytes, \
    GREATEST(c.reltuples, 0) AS row_estimate, \
    CASE WHEN s.indexrelid IS NOT NULL THEN json_build_object('scans', s.idx_scan, 'rows_read', s.idx_tup_read, \
        'rows_fetched', s.idx_tup_fetch, 'last_scan', (s.row ->> 'last_idx_scan')::timestamptz) END AS counters \
    FROM scope t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid \
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_am m ON m.oid = c.relam JOIN parts p ON p.indexrelid = i.indexrelid \
    LEFT JOIN counters s ON s.indexrelid = c.oid ORDER BY n.nspname, c.relname";

pub(super) async fn read(session: &mut Session) -> Result<Vec<IndexFacts>, DatabaseError> {
    session.values("its indexes", &format!("{SCOPE}, {INDEXES}")).await
}
