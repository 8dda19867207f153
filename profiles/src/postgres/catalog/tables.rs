//! Tables with their sizes and counters.

use aforo_model::database::TableFacts;

use super::SCOPE;
use crate::postgres::error::DatabaseError;
use crate::postgres::session::Session;

/// Before 14 a table that was never analysed has 0 rows and 0 pages, from 14 on −1 rows. The views are read once each
/// and joined by hash: the planner would otherwise run them once for every table.
const TABLES: &str = "counters AS MATERIALIZED (SELECT s.*, to_jsonb(s) AS row FROM pg_catalog.pg_stat_all_tables s), \
    blocks AS MATERIALIZED (SELECT * FROM pg_catalog.pg_statio_all_tables) \
    SELECT c.oid::int8 AS oid, json_build_object('schema', t.nspname, 'name', t.relname) AS name, \
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'm' THEN 'materialized-view' \
        ELSE 'foreign' END AS kind, \
    (SELECT json_build_object('schema', pn.nspname, 'name', pc.relname) FROM pg_catalog.pg_inherits h \
        JOIN pg_catalog.pg_class pc ON pc.oid = h.inhparent \
        JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace \
        WHERE h.inhrelid = c.oid AND c.relispartition) AS parent, \
    CASE WHEN c.reltuples >= 0 AND NOT (c.reltuples = 0 AND c.relpages = 0 \
        AND current_setting('server_version_num')::int < 140000) THEN c.reltuples END AS row_estimate, \
    GREATEST(c.relpages, 0) AS pages, \
    LEAST(GREATEST(c.relallvisible, 0) / GREATEST(c.relpages, 1)::float8, 1) AS all_visible_ratio, \
    COALESCE(pg_table_size(c.oid), 0) AS bytes, COALESCE(pg_indexes_size(c.oid), 0) AS index_bytes, \
    c.relpersistence = 'p' AS is_logged, \
    CASE WHEN c.relfrozenxid <> '0'::xid THEN age(c.relfrozenxid) ELSE 0 END AS frozen_xid_age, \
    COALESCE(array_to_json(c.reloptions), '[]') AS options, \
    COALESCE((SELECT json_agg(g.tgname ORDER BY g.tgname) FROM pg_catalog.pg_trigger g \
        WHERE g.tgrelid = c.oid AND g.tgenabled = 'D'), '[]') AS disabled_triggers, \
    '[]'::json AS columns, \
    CASE WHEN s.relid IS NOT NULL THEN json_build_object( \
        'sequential_scans', COALESCE(s.seq_scan, 0), 'sequential_rows', COALESCE(s.seq_tup_read, 0), \
        'index_scans', COALESCE(s.idx_scan, 0), 'index_rows', COALESCE(s.idx_tup_fetch, 0), \
        'inserts', s.n_tup_ins, 'updates', s.n_tup_upd, 'hot_updates', s.n_tup_hot_upd, 'deletes', s.n_tup_del, \
        'live_rows', s.n_live_tup, 'dead_rows', s.n_dead_tup, 'changed_since_analyze', s.n_mod_since_analyze, \
        'inserted_since_vacuum', (s.row ->> 'n_ins_since_vacuum')::int8, \
        'last_vacuum', GREATEST(s.last_vacuum, s.last_autovacuum), \
        'last_analyze', GREATEST(s.last_analyze, s.last_autoanalyze), \
        'heap_hit_blocks', COALESCE(b.heap_blks_hit, 0), 'heap_read_blocks', COALESCE(b.heap_blks_read, 0), \
        'index_hit_blocks', COALESCE(b.idx_blks_hit, 0), 'index_read_blocks', COALESCE(b.idx_blks_read, 0)) \
        END AS counters \
    FROM scope t JOIN pg_catalog.pg_class c ON c.oid = t.oid \
    LEFT JOIN counters s ON s.relid = c.oid LEFT JOIN blocks b ON b.relid = c.oid \
    ORDER BY t.nspname, t.relname";

/// Every table, its columns yet to come.
pub(super) async fn read(session: &mut Session) -> Result<Vec<TableFacts>, DatabaseError> {
    session.values("its tables", &format!("{SCOPE}, {TABLES}")).await
}
