//! What two sides' figures say of a change.

use aforo_model::Interval;

/// A change of one figure, before it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effect {
    /// After ÷ before, or after − before, with 95 %.
    pub(super) interval: Interval,
    /// Chance of as much where there is none, 0–1.
    pub(super) chance: f64,
    /// Standard deviation of the figure from run to run: of its logarithm, or of itself where the effect is a difference.
    pub(super) deviation: f64,
}
