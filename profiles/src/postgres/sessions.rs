//! Client sessions at one time. Needs `pg_read_all_stats`, unless every session is the role's own.

use aforo_model::database::{SessionFacts, Skipped};

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;

/// Sessions of roles, as opposed to background processes, that the role may not look at.
const HIDDEN: &str = "SELECT count(*) AS count FROM pg_catalog.pg_stat_activity \
    WHERE query = '<insufficient privilege>' AND usesysid IS NOT NULL";

const SESSIONS: &str = "SELECT pid, usename AS role, application_name, state, wait_event_type, wait_event, \
    COALESCE(extract(epoch FROM now - backend_start), 0)::float8 AS connected_s, \
    extract(epoch FROM now - xact_start)::float8 AS transaction_s, \
    extract(epoch FROM now - state_change)::float8 AS state_s, \
    CASE WHEN state = 'active' THEN extract(epoch FROM now - query_start)::float8 END AS statement_s, \
    age(backend_xmin) AS xmin_age, \
    CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END AS blocked_by \
    FROM pg_catalog.pg_stat_activity, clock_timestamp() AS now \
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() \
    AND application_name IS DISTINCT FROM 'aforo' ORDER BY pid";

#[derive(serde::Deserialize)]
struct Count {
    count: u64,
}

pub(super) async fn read(session: &mut Session, rights: &Rights) -> Result<Vec<SessionFacts>, DatabaseError> {
    if !rights.sees_other_roles {
        let Count { count } = session.value("who is connected", HIDDEN).await?;
        if count > 0 {
            let unseen = format!("what {count} sessions of other roles do");
            return Err(DatabaseError::Unreadable(rights.needs_monitor("sessions", &unseen)));
        }
    }
    session.values("what its sessions do", SESSIONS).await
}

/// What a role that may not see other roles misses when it watches sessions.
pub(super) fn unwatched(rights: &Rights) -> Skipped {
    rights.needs_monitor("activity", "what sessions of other roles wait for")
}
