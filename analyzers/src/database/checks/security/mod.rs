//! How passwords are kept.

mod password_encryption;

use crate::database::check::DatabaseCheck;

/// The checks of this area, by code.
pub(super) const CHECKS: &[DatabaseCheck] = &[password_encryption::CHECK];
