//! Reads that memory served, and what did not fit into it.

mod checksum_failures;
mod deadlocks;
mod index_hit_ratio;
mod recovery_conflicts;
mod rollback_ratio;
mod table_hit_ratio;
mod temporary_files;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    checksum_failures::CHECK,
    deadlocks::CHECK,
    index_hit_ratio::CHECK,
    recovery_conflicts::CHECK,
    rollback_ratio::CHECK,
    table_hit_ratio::CHECK,
    temporary_files::CHECK,
];
