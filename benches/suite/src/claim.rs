//! What the documents of the real system say a repair is worth.

use serde::Serialize;

/// A figure to meet: by how much a repair is said to shorten what it repairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Claim {
    /// The share of the time that is saved, 0–1; the lower end where the documents give a range. "Met" is at least this.
    pub saved_share: f64,
    /// The figure as the documents give it.
    pub stated: &'static str,
}

impl Claim {
    /// The ratio of the times, after over before, that the claim comes to.
    pub fn ratio_at_most(&self) -> f64 {
        1.0 - self.saved_share
    }
}
