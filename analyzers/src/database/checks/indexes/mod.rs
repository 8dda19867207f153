//! Indexes that are missing, broken, or cost more than they give. What is missing for a workload is the index advice's to say.

mod comparison;
mod duplicate_index;
mod invalid_index;
mod missing_foreign_key_index;
mod partitioned_index;
mod redundant_index;
mod unused_index;

pub(crate) use partitioned_index::completing_sql;

use crate::database::check::DatabaseCheck;

/// Every check of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    duplicate_index::CHECK,
    invalid_index::CHECK,
    missing_foreign_key_index::CHECK,
    redundant_index::CHECK,
    unused_index::CHECK,
];
