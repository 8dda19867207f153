//! Tables, constraints, sequences and functions.

mod disabled_triggers;
mod function_row_estimates;
mod no_primary_key;
mod sequence_exhaustion;
mod unlogged_tables;
mod unvalidated_constraints;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[
    disabled_triggers::CHECK,
    function_row_estimates::CHECK,
    no_primary_key::CHECK,
    sequence_exhaustion::CHECK,
    unlogged_tables::CHECK,
    unvalidated_constraints::CHECK,
];
