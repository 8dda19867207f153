//! Vacuums that are running. Needs `pg_read_all_stats`: autovacuum runs as no role.

use aforo_model::database::VacuumProgress;

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;

const VACUUMS: &str = "SELECT COALESCE(format('%I.%I', n.nspname, c.relname), p.relid::text) AS table, p.phase, \
    COALESCE(p.heap_blks_scanned / NULLIF(p.heap_blks_total, 0)::float8, 0) AS scanned_ratio, \
    COALESCE(a.backend_type = 'autovacuum worker', false) AS is_automatic \
    FROM pg_catalog.pg_stat_progress_vacuum p LEFT JOIN pg_catalog.pg_stat_activity a USING (pid) \
    LEFT JOIN pg_catalog.pg_class c ON c.oid = p.relid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE p.datname = current_database() ORDER BY 1";

pub(super) async fn read(
    session: &mut Session,
    rights: &Rights,
) -> Result<Vec<VacuumProgress>, DatabaseError> {
    if !rights.sees_other_roles {
        return Err(DatabaseError::Unreadable(rights.needs_monitor("vacuums", "which vacuums are running")));
    }
    session.values("which vacuums are running", VACUUMS).await
}
