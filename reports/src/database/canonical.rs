//! The canonical database report that every format is tested with.

use aforo_model::database::DatabaseReport;

pub(super) use crate::canonical::rendered;

/// A report of the built-in hotel with all its flaws.
pub(crate) fn report() -> DatabaseReport {
    serde_json::from_str(include_str!("../../fixtures/database.json")).unwrap()
}
