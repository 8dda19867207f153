//! Age of the server's version.

mod releases;
mod version_end_of_life;
mod version_minor;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[version_end_of_life::CHECK, version_minor::CHECK];
