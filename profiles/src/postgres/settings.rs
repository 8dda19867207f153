//! Settings. Needs no right for most; `pg_read_all_settings` for those that only superusers see.

use std::collections::BTreeMap;

use aforo_model::database::{Setting, Skipped};
use serde::Deserialize;

use super::error::DatabaseError;
use super::rights::Rights;
use super::session::Session;

/// Left out is what Aforo's own connection says of itself at its start, and what only holds for one transaction.
const SETTINGS: &str = "SELECT name, setting AS value, unit, boot_val AS boot_value, source \
    FROM pg_catalog.pg_settings WHERE name <> ALL (ARRAY['application_name', 'client_encoding', 'DateStyle', \
    'TimeZone', 'transaction_read_only', 'transaction_isolation', 'transaction_deferrable'])";

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(flatten)]
    setting: Setting,
}

pub(super) async fn read(session: &mut Session) -> Result<BTreeMap<String, Setting>, DatabaseError> {
    let rows: Vec<Row> = session.unlimited_values("its settings", SETTINGS).await?;
    Ok(rows.into_iter().filter(|row| row.name != "aforo.direct").map(|row| (row.name, row.setting)).collect())
}

/// Names what the role does not see among the settings.
pub(super) fn hidden(rights: &Rights) -> Option<Skipped> {
    (!rights.sees_all_settings).then(|| Skipped {
        what: "superuser-settings".to_owned(),
        why: format!(
            "role {} may not see settings that are for superusers, such as shared_preload_libraries",
            rights.role
        ),
        remedy: rights.grant_monitor(),
    })
}
