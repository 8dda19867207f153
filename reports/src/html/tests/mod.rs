//! The page as a whole.

pub(super) mod hostile;
pub(super) mod hour;
mod links;
mod size;

use aforo_model::RunRecord;

use crate::canonical;

/// The page of a record.
fn page(record: &RunRecord) -> String {
    canonical::rendered(super::render, record)
}

/// What stands between each `before` and the next `after`.
fn between<'a>(page: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(before).skip(1).filter_map(move |rest| rest.split_once(after).map(|(found, _)| found))
}
