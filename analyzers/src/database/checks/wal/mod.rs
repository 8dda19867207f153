//! Write-ahead log, checkpoints and durability.

mod checkpoint_completion_target;
mod checkpoint_warning_off;
mod fsync_off;
mod full_page_writes_off;
mod max_wal_size;
mod requested_checkpoints;
mod synchronous_commit_off;
mod wal_buffers;
mod wal_level_minimal;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    checkpoint_completion_target::CHECK,
    checkpoint_warning_off::CHECK,
    fsync_off::CHECK,
    full_page_writes_off::CHECK,
    max_wal_size::CHECK,
    requested_checkpoints::CHECK,
    synchronous_commit_off::CHECK,
    wal_buffers::CHECK,
    wal_level_minimal::CHECK,
];
