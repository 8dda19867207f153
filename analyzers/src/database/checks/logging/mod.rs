//! What the server writes down for those who look for causes.

mod log_autovacuum;
mod log_checkpoints;
mod log_hostname;
mod log_lock_waits;
mod log_statement;
mod log_temp_files;
mod slow_statement_log;
mod statement_statistics;
mod statements_evicted;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    log_autovacuum::CHECK,
    log_checkpoints::CHECK,
    log_hostname::CHECK,
    log_lock_waits::CHECK,
    log_statement::CHECK,
    log_temp_files::CHECK,
    slow_statement_log::CHECK,
    statement_statistics::CHECK,
    statements_evicted::CHECK,
];
