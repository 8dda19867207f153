//! Sessions, transactions and locks at the time of reading.

mod active_connections;
mod blocked_sessions;
mod connections_used;
mod idle_in_transaction;
mod idle_transaction_timeout;
mod long_statements;
mod long_transactions;
mod prepared_transactions;
mod reserved_connections;
mod short_lived_connections;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    active_connections::CHECK,
    blocked_sessions::CHECK,
    connections_used::CHECK,
    idle_in_transaction::CHECK,
    idle_transaction_timeout::CHECK,
    long_statements::CHECK,
    long_transactions::CHECK,
    prepared_transactions::CHECK,
    reserved_connections::CHECK,
    short_lived_connections::CHECK,
];
