//! Counters of the database and of the server. Need no right.
//!
//! Columns are taken from the whole row as JSON, so that one that a version lacks is null and not an error.

use aforo_model::database::{CheckpointCounters, DatabaseCounters};
use serde::Deserialize;

use super::error::DatabaseError;
use super::session::Session;

const DATABASE: &str = "SELECT s.stats_reset AS reset_at, s.xact_commit AS commits, s.xact_rollback AS rollbacks, \
    s.blks_hit AS hit_blocks, s.blks_read AS read_blocks, s.temp_files, s.temp_bytes, s.deadlocks, s.conflicts, \
    s.checksum_failures, age(d.datfrozenxid) AS frozen_xid_age, mxid_age(d.datminmxid) AS min_multixact_age, \
    p.count AS prepared_transactions, p.oldest_s AS oldest_prepared_s \
    FROM pg_catalog.pg_stat_database s JOIN pg_catalog.pg_database d ON d.oid = s.datid, \
    (SELECT count(*), extract(epoch FROM clock_timestamp() - min(prepared))::float8 AS oldest_s \
        FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()) p \
    WHERE d.datname = current_database()";

pub(super) async fn database(session: &mut Session) -> Result<DatabaseCounters, DatabaseError> {
    session.value("the counters of the database", DATABASE).await
}

/// Which of the views exist that came with later versions.
#[derive(Deserialize)]
struct Views {
    /// 17.
    checkpointer: bool,
    /// 14.
    wal: bool,
}

const VIEWS: &str = "SELECT to_regclass('pg_catalog.pg_stat_checkpointer') IS NOT NULL AS checkpointer, \
    to_regclass('pg_catalog.pg_stat_wal') IS NOT NULL AS wal";

pub(super) async fn checkpoints(session: &mut Session) -> Result<CheckpointCounters, DatabaseError> {
    let views = session.value("which statistics it has", VIEWS).await?;
    session.value("the counters of checkpoints", &checkpoint_sql(&views)).await
}

fn checkpoint_sql(views: &Views) -> String {
    let row = |exists: bool, view: &str| match exists {
        true => format!("(SELECT to_jsonb(v) FROM pg_catalog.{view} v)"),
        false => "'{}'::jsonb".to_owned(),
    };
    let writer = row(true, "pg_stat_bgwriter");
    let (checkpointer, wal) =
        (row(views.checkpointer, "pg_stat_checkpointer"), row(views.wal, "pg_stat_wal"));
    format!(
        "SELECT (c ->> 'stats_reset')::timestamptz AS reset_at, \
         COALESCE(c ->> 'num_timed', c ->> 'checkpoints_timed')::int8 AS timed, \
         COALESCE(c ->> 'num_requested', c ->> 'checkpoints_req')::int8 AS requested, \
         COALESCE(c ->> 'buffers_written', c ->> 'buffers_checkpoint')::int8 AS checkpoint_buffers, \
         (c ->> 'buffers_clean')::int8 AS background_buffers, \
         (c ->> 'buffers_backend')::int8 AS backend_buffers, \
         ({wal} ->> 'wal_buffers_full')::int8 AS wal_buffers_full, \
         CASE WHEN current_setting('archive_mode') <> 'off' THEN \
             (SELECT failed_count FROM pg_catalog.pg_stat_archiver) END AS archive_failures \
         FROM (SELECT {writer} || {checkpointer} AS c) AS counters"
    )
}
