//! The server and the role that asks it. Needs no right.

use std::collections::BTreeMap;

use aforo_model::database::ServerFacts;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::error::DatabaseError;
use super::session::Session;
use crate::environment::machine;
use crate::processes::pid_serving;

const SERVER: &str = "SELECT current_setting('server_version') AS version, \
    current_setting('server_version_num')::int AS version_number, \
    pg_postmaster_start_time() AS started_at, \
    pg_is_in_recovery() AS is_standby, \
    current_database() AS database, \
    CASE WHEN has_database_privilege(current_database(), 'CONNECT') \
        THEN pg_database_size(current_database()) END AS database_bytes, \
    current_user AS role, \
    COALESCE((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), false) AS is_superuser, \
    array_to_json(array_remove(current_schemas(false), 'pg_catalog')) AS search_path, \
    (SELECT COALESCE(json_object_agg(extname, extversion), '{}') FROM pg_catalog.pg_extension) AS extensions, \
    (SELECT COALESCE(json_object_agg(name, default_version), '{}') FROM pg_catalog.pg_available_extensions \
        WHERE default_version IS NOT NULL) AS available_extensions";

#[derive(Deserialize)]
struct Row {
    version: String,
    version_number: u32,
    started_at: Option<DateTime<Utc>>,
    is_standby: bool,
    database: String,
    database_bytes: Option<u64>,
    role: String,
    is_superuser: bool,
    search_path: Vec<String>,
    extensions: BTreeMap<String, String>,
    available_extensions: BTreeMap<String, String>,
}

pub(super) async fn read(session: &mut Session, url: &str) -> Result<ServerFacts, DatabaseError> {
    let row: Row = session.value("what it is", SERVER).await?;
    // A loopback port may lead to a container or another machine; its process does not.
    let machine = pid_serving(url).map(|_| machine());
    Ok(ServerFacts {
        version: row.version,
        version_number: row.version_number,
        started_at: row.started_at,
        is_standby: row.is_standby,
        pooler: session.pooler.clone(),
        database: row.database,
        database_bytes: row.database_bytes,
        role: row.role,
        is_superuser: row.is_superuser,
        search_path: row.search_path,
        extensions: row.extensions,
        available_extensions: row.available_extensions,
        host_memory_bytes: machine.as_ref().map(|machine| machine.memory_bytes),
        host_core_count: machine.map(|machine| machine.core_count),
    })
}
