//! What is wrong with a database, from one reading of it: the checklist and the health score.

mod check;
mod checklist;
mod checks;
#[cfg(test)]
mod fixtures;
mod health;
mod parts;
mod remedies;
mod settings;

pub use check::{CheckReading, DatabaseCheck, Skip};
pub(crate) use check::{Numbers, critical_if, falling, result, rising, severity_of, warning_if};
pub use checklist::{check_database, checklist_findings};
pub use checks::database_checks;
