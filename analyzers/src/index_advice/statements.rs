//! The statements of a workload by the tables they use.

use aforo_sql::{StatementKind, describe};

use super::relations::Relations;
use super::resolve::{Resolved, resolve};
use super::workload::IndexWorkload;

/// What each statement does, or why it is left out.
pub(crate) fn resolve_all(
    workload: &IndexWorkload<'_>,
    relations: &Relations<'_>,
) -> Vec<Result<Resolved, String>> {
    workload
        .statements
        .iter()
        .map(|statement| {
            let shape = describe(&statement.text).map_err(|error| error.to_string())?;
            let resolved = resolve(&shape, relations, workload.search_path);
            match resolved.kind {
                StatementKind::Select
                | StatementKind::Insert
                | StatementKind::Update
                | StatementKind::Delete
                | StatementKind::Merge => {}
                _ => return Err("it is not a statement that is planned".to_owned()),
            }
            if resolved.mentions.is_empty() {
                return Err("it names no table that was found".to_owned());
            }
            Ok(resolved)
        })
        .collect()
}
