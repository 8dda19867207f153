//! Standbys, slots and the archive.

mod archive_failures;
mod inactive_slots;
mod replication_lag;
mod retained_wal;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] =
    &[archive_failures::CHECK, inactive_slots::CHECK, replication_lag::CHECK, retained_wal::CHECK];
