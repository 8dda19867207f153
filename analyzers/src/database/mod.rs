//! What is wrong with a database, from one reading of it: the checklist and the health score.

mod check;
mod checklist;
mod checks;
#[cfg(test)]
pub(crate) mod fixtures;
mod health;
mod hit_ratio;
mod parts;
mod remedies;
mod settings;
mod wraparound;

pub use check::{CheckReading, DatabaseCheck, Skip};
pub(crate) use check::{
    Numbers, about, critical_if, falling, finding_of, result, results_of, rising, warning_if,
};
pub use checklist::{check_database, checklist_findings};
pub(crate) use checks::completing_sql;
pub use checks::database_checks;
