//! What the role that asks may see.

use aforo_model::database::Skipped;
use serde::Deserialize;

use super::error::DatabaseError;
use super::session::Session;

/// The role that asks, and what it may see.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rights {
    /// Its name, quoted for use in a statement.
    pub(crate) role: String,
    /// Whether it sees what other roles do (`pg_read_all_stats`, of which `pg_monitor` is a member).
    pub(crate) sees_other_roles: bool,
    /// Whether it sees every setting (`pg_read_all_settings`, of which `pg_monitor` is a member).
    pub(crate) sees_all_settings: bool,
}

const RIGHTS: &str = "SELECT quote_ident(current_user) AS role, \
    pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_other_roles, \
    pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AS sees_all_settings";

impl Rights {
    pub(crate) async fn read(session: &mut Session) -> Result<Self, DatabaseError> {
        session.value("what the role may see", RIGHTS).await
    }

    /// The statement that lets the role see what other roles do.
    pub(crate) fn grant_monitor(&self) -> String {
        format!("GRANT pg_monitor TO {}", self.role)
    }

    /// A part that takes the right to see what other roles do.
    pub(crate) fn needs_monitor(&self, what: &str, unseen: &str) -> Skipped {
        Skipped {
            what: what.to_owned(),
            why: format!("role {} may not see {unseen}", self.role),
            remedy: self.grant_monitor(),
        }
    }
}
