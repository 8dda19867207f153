//! Memory settings against the memory of the machine.

mod effective_cache_size;
mod huge_pages;
mod maintenance_work_mem;
mod shared_buffers;
mod work_mem_total;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    effective_cache_size::CHECK,
    huge_pages::CHECK,
    maintenance_work_mem::CHECK,
    shared_buffers::CHECK,
    work_mem_total::CHECK,
];
