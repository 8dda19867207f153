//! What the planner believes about the machine, and what it may use.

mod cost_settings;
mod jit_time;
mod parallel_workers;
mod planner_methods_off;
mod random_page_cost;
mod statistics_target;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    cost_settings::CHECK,
    jit_time::CHECK,
    parallel_workers::CHECK,
    planner_methods_off::CHECK,
    random_page_cost::CHECK,
    statistics_target::CHECK,
];
