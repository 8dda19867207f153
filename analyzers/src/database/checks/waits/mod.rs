//! What sessions waited for while they were watched.

mod blocking_chains;
mod idle_in_transaction_share;
mod io_waits;
mod lock_waits;
mod lwlock_waits;
mod shares;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    blocking_chains::CHECK,
    idle_in_transaction_share::CHECK,
    io_waits::CHECK,
    lock_waits::CHECK,
    lwlock_waits::CHECK,
];
