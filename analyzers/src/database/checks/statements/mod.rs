//! What statements cost, and how they read.

mod counters_young;
mod hot_update_ratio;
mod planning_time;
mod sequential_scan_share;
mod sequential_scan_total;
mod statement_mean_time;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    counters_young::CHECK,
    hot_update_ratio::CHECK,
    planning_time::CHECK,
    sequential_scan_share::CHECK,
    sequential_scan_total::CHECK,
    statement_mean_time::CHECK,
];
