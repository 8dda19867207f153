//! Standbys and replication slots. Standbys need `pg_read_all_stats`; slots need no right.

use aforo_model::database::{ReplicaFacts, ReplicationSlotFacts};

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;

/// How far the write-ahead log goes here, also on a standby.
macro_rules! end_of_log {
    () => {
        "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
    };
}

const REPLICAS: &str = concat!(
    "SELECT COALESCE(application_name, '') AS application_name, state, ",
    "GREATEST(pg_wal_lsn_diff(",
    end_of_log!(),
    ", replay_lsn), 0)::int8 AS lag_bytes, extract(epoch FROM replay_lag)::float8 AS lag_s ",
    "FROM pg_catalog.pg_stat_replication ORDER BY application_name"
);

const SLOTS: &str = concat!(
    "SELECT slot_name AS name, active AS is_active, GREATEST(pg_wal_lsn_diff(",
    end_of_log!(),
    ", restart_lsn), 0)::int8 AS retained_bytes, ",
    "GREATEST(age(xmin), age(catalog_xmin)) AS xmin_age ",
    "FROM pg_catalog.pg_replication_slots ORDER BY slot_name"
);

pub(super) async fn replicas(
    session: &mut Session,
    rights: &Rights,
) -> Result<Vec<ReplicaFacts>, DatabaseError> {
    if !rights.sees_other_roles {
        return Err(DatabaseError::Unreadable(rights.needs_monitor("replicas", "how far standbys are")));
    }
    session.values("how far standbys are", REPLICAS).await
}

pub(super) async fn slots(session: &mut Session) -> Result<Vec<ReplicationSlotFacts>, DatabaseError> {
    session.values("its replication slots", SLOTS).await
}
