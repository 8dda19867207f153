//! One folder an area, one file a check, one line a check in the table of its area.

mod cache;
mod connections;
mod indexes;
mod logging;
mod memory;
mod planner;
mod replication;
mod schema;
mod security;
mod statements;
mod vacuum;
mod version;
mod waits;
mod wal;

pub(crate) use indexes::completing_sql;

use super::check::DatabaseCheck;

/// Every area, in the order of [`CheckArea`](aforo_model::database::CheckArea).
const AREAS: &[&[DatabaseCheck]] = &[
    connections::CHECKS,
    cache::CHECKS,
    memory::CHECKS,
    wal::CHECKS,
    planner::CHECKS,
    logging::CHECKS,
    vacuum::CHECKS,
    schema::CHECKS,
    indexes::CHECKS,
    replication::CHECKS,
    security::CHECKS,
    version::CHECKS,
    statements::CHECKS,
    waits::CHECKS,
];

/// Every check of the database, by area and code.
pub fn database_checks() -> impl Iterator<Item = &'static DatabaseCheck> {
    AREAS.iter().flat_map(|checks| checks.iter())
}

#[cfg(test)]
mod tests;
